/*
 * cli/figures.h -- counts, sizes and times as people read them.               floor 9
 */
#ifndef RIP_CLI_FIGURES_H
#define RIP_CLI_FIGURES_H

#include <stdint.h>

#define FIGURES_TEXT 32 /* bytes any of these needs */

/* 1234567 as "1,234,567"; each returns text. */
const char *figures_count(uint64_t value, char *text);

/* A number with that many decimals and commas: 1234.5 as "1,234.50"; from 1e15 on and
   for what is not finite in C's words. */
const char *figures_decimal(double value, int n_decimal, char *text);

/* Money with two decimals: -1234.5 as "-1,234.50". */
const char *figures_money(double value, char *text);

/* A price with the digits that matter: six significant ones, at least two decimals. */
const char *figures_price(double value, char *text);

/* 1536 as "1.5 KiB". */
const char *figures_bytes(double value, char *text);

/* 75 s as "1:15", 3661 s as "1:01:01". */
const char *figures_time(double seconds, char *text);

#endif /* RIP_CLI_FIGURES_H */
