/*
 * io/words.h -- words of a checked configuration as constants of the program.
 *                                                                          floor 7.1
 */
#ifndef RIP_IO_WORDS_H
#define RIP_IO_WORDS_H

#include "riptide/account/book.h"
#include "riptide/io/document.h"

/* Position of a word in list[n]; asserts that it is there. */
size_t rip_words_index(const char *word, size_t n, const char *const *list);

rip_kind rip_words_kind(const char *word);
rip_mode rip_words_mode(const char *word);

/* Words of rip_option_type and rip_settlement; the first, "", says that there is none.
 */
extern const char *const rip_words_option_type[3];
extern const char *const rip_words_settlement[3];

/* A top_up (MAR-4): one of its words, or {times, fraction}; NULL: none. */
rip_top_up rip_words_top_up(const rip_node *node);

#endif /* RIP_IO_WORDS_H */
