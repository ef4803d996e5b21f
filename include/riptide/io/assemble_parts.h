/*
 * io/assemble_parts.h -- the parts of rip_assemble, in their order.          floor 7.5
 *
 * Each part reads its keys of the resolved configuration, which has passed every check
 * that needs no other file, and fills its part of the run. What is wrong is added to
 * error; parts that do not need each other go on.
 */
#ifndef RIP_IO_ASSEMBLE_PARTS_H
#define RIP_IO_ASSEMBLE_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "riptide/io/assemble.h"
#include "riptide/io/csv.h"
#include "riptide/io/holdings.h"

/* The left hand is borrowed by all parts; spec is what run->market was made from. */
typedef struct rip_assembly {
    rip_run *run;
    rip_inputs *inputs;
    const rip_config *config;
    bool already_held;
    rip_error *notes, *error;
    rip_market_spec spec; /* owned by rip_assemble */
    double *opening_usd; /* [n_asset] owned by rip_assemble; positions were opened at */
    rip_venue *venue;    /* the one under construction; borrowed from run */
} rip_assembly;

/* Adds "PLACE: KEY: ..." of class RIP_ERR_CONFIG, which it returns. */
rip_status rip_assemble_refuse(rip_assembly *self, const rip_node *node,
                               const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * The input file that node names, for the key in messages: its path is noted with its
 * digest in inputs, and returned relative to here in *path, malloc'ed.
 */
RIP_NODISCARD rip_status rip_assemble_file(rip_assembly *self, const rip_node *node,
                                           const char *key, char **path);
/* The same for a CSV file, which is parsed into *csv; free it whatever is returned. */
RIP_NODISCARD rip_status rip_assemble_csv(rip_assembly *self, const rip_node *node,
                                          const char *key, rip_csv *csv);
/*
 * A correlation matrix in one of its forms (a number, a list of rows, a file, or a map
 * with one of value, matrix, file) into matrix[n_asset][n_asset]. A CSV file holds rows
 * of numbers in the order of the assets, or has a header of symbols, which may be more
 * and in any order, for rows and columns alike. The result is symmetric with ones on
 * the diagonal; whether it is positive semidefinite is not checked.
 */
RIP_NODISCARD rip_status rip_assemble_matrix(rip_assembly *self, const rip_node *node,
                                             const char *key, double *matrix);

/* Index of a symbol that is in the market. */
size_t rip_assemble_asset(const rip_assembly *self, const char *symbol);

RIP_NODISCARD rip_status rip_assemble_settings(rip_assembly *self); /* run, outputs */
RIP_NODISCARD rip_status rip_assemble_market(rip_assembly *self);
RIP_NODISCARD rip_status rip_assemble_shocks(rip_assembly *self);
RIP_NODISCARD rip_status rip_assemble_venue(rip_assembly *self);
RIP_NODISCARD rip_status rip_assemble_portfolio(rip_assembly *self,
                                                const rip_node *portfolio);
/* accounts, after market and venue */
RIP_NODISCARD rip_status rip_assemble_accounts(rip_assembly *self);
RIP_NODISCARD rip_status rip_assemble_population(rip_assembly *self,
                                                 const rip_node *generate);

/* Accounts as they were written, and the book that is made of them. */
typedef struct rip_assemble_book {
    rip_assembly *assembly;
    const rip_holdings *holdings;
    rip_book *book;
} rip_assemble_book;

/*
 * Position i with what the market, the venue and its account, whose coins are there,
 * say where it says nothing (contract section 2, MAR-1, MAR-4, INS-2).
 */
RIP_NODISCARD rip_status rip_assemble_position(const rip_assemble_book *self,
                                               const rip_account *account, size_t i);

/* Mode that a position has in a mode of the run. */
rip_mode rip_assemble_position_mode(const rip_position *position, rip_mode mode);

#endif /* RIP_IO_ASSEMBLE_PARTS_H */
