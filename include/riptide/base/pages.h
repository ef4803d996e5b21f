/*
 * base/pages.h -- large memory in large pages.                              floor 0
 *
 * A first touch costs a fault a page; with pages of 2 MiB instead of 4 KiB large
 * buffers cost few. It is a wish: where the system has none, nothing changes.
 */
#ifndef RIP_BASE_PAGES_H
#define RIP_BASE_PAGES_H

#include <stddef.h>

/* Memory for size bytes, at least 64-byte aligned, to be freed by free(); NULL: there
   is none. */
void *rip_pages_alloc(size_t size);

/* Wishes large pages for what lies whole in the memory. */
void rip_pages_advise(void *memory, size_t size);

#endif /* RIP_BASE_PAGES_H */
