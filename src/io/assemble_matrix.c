#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/assemble_parts.h"
#include "riptide/io/report.h"

/* Two numbers that should be equal may differ by what a program that wrote the file
   with ten digits rounded away. */
#define SAME 1e-9

static void
fill_number(const rip_assembly *self, double value, double *matrix)
{
    const size_t n = self->spec.n_asset;

    for (size_t k = 0; k < n * n; k++) {
        matrix[k] = k / n == k % n ? 1.0 : value;
    }
}

static void
fill_rows(const rip_assembly *self, const rip_node *rows, double *matrix)
{
    const size_t n = self->spec.n_asset;

    for (size_t k = 0; k < n * n; k++) {
        matrix[k] = rip_node_number(rows->child[k / n]->child[k % n], NAN);
    }
}

/* Where each asset stands in the file: by the header, or in order without one. */
static rip_status
find_columns(const rip_assembly *self, const rip_csv *csv, bool has_header,
             size_t *column)
{
    const rip_market_spec *market = &self->spec;
    rip_status status = RIP_OK;

    for (size_t i = 0; i < market->n_asset; i++) {
        column[i] = has_header ? csv->n_column : i;
    }
    for (size_t j = 0; has_header && j < csv->n_column; j++) {
        const char *symbol = rip_csv_text(csv, 0, j);
        const size_t i = rip_market_find(market, symbol);
        char quoted[RIP_REPORT_QUOTE];
        if (i == market->n_asset) {
            continue;
        }
        if (column[i] < csv->n_column) {
            rip_report_quote(symbol, quoted);
            status = rip_csv_report(csv, 0, j, self->error,
                                    "%s is said twice (each symbol once)", quoted);
        }
        column[i] = j;
    }
    for (size_t i = 0; i < market->n_asset; i++) {
        if (column[i] == csv->n_column) {
            status = rip_csv_report(csv, 0, csv->n_column, self->error,
                                    "no column of %s (every symbol of market.assets)",
                                    market->asset[i].symbol);
        }
    }
    return status;
}

static rip_status
check_shape(const rip_assembly *self, const rip_csv *csv, bool has_header)
{
    const size_t n = self->spec.n_asset;
    const size_t n_row = csv->n_row - has_header;

    if (!has_header && csv->n_column != n) {
        return rip_csv_report(csv, 0, 0, self->error,
                              "%zu columns for %zu assets (one column an asset, or a "
                              "header of symbols)",
                              csv->n_column, n);
    }
    if (n_row != csv->n_column) {
        return rip_csv_report(csv, csv->n_row - 1, 0, self->error,
                              "%zu rows for %zu columns (a square matrix)", n_row,
                              csv->n_column);
    }
    return RIP_OK;
}

static rip_status
read_cells(const rip_assembly *self, const rip_csv *csv, bool has_header,
           const size_t *column, double *matrix)
{
    const size_t n = self->spec.n_asset;
    rip_status status = RIP_OK;

    for (size_t k = 0; k < n * n; k++) {
        const size_t row = column[k / n] + has_header, at = column[k % n];
        const char *text = rip_csv_text(csv, row, at);
        char quoted[RIP_REPORT_QUOTE];
        if (!rip_csv_is_number(text, &matrix[k]) || fabs(matrix[k]) > 1.0) {
            rip_report_quote(text, quoted);
            status = rip_csv_report(csv, row, at, self->error,
                                    "%s is not allowed (a number from -1 to 1)",
                                    text[0] != '\0' ? quoted : "an empty value");
        }
    }
    return status;
}

/* Ones on the diagonal and symmetry, as far as written digits go; then exactly. */
static rip_status
check_cells(const rip_assembly *self, const rip_csv *csv, bool has_header,
            const size_t *column, double *matrix)
{
    const size_t n = self->spec.n_asset;
    rip_status status = RIP_OK;

    for (size_t i = 0; i < n; i++) {
        const size_t row = column[i] + has_header;
        if (!(fabs(matrix[i * n + i] - 1.0) <= SAME)) {
            status = rip_csv_report(csv, row, column[i], self->error,
                                    "%.10g on the diagonal (1)", matrix[i * n + i]);
        }
        matrix[i * n + i] = 1.0;
        for (size_t j = 0; j < i; j++) {
            const double here = matrix[i * n + j], there = matrix[j * n + i];
            if (!(fabs(here - there) <= SAME)) {
                status = rip_csv_report(
                    csv, row, column[j], self->error,
                    "%.10g is not the %.10g across the diagonal (a symmetric matrix)",
                    here, there);
            }
            matrix[j * n + i] = here;
        }
    }
    return status;
}

static rip_status
read_matrix(rip_assembly *self, const rip_node *node, const char *key, double *matrix)
{
    rip_status status = RIP_OK;
    rip_csv csv = {0};
    double number;
    size_t *column = calloc(self->spec.n_asset, sizeof(*column));

    if (column == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    RIP_TRY(rip_assemble_csv(self, node, key, &csv));
    const bool has_header = !rip_csv_is_number(rip_csv_text(&csv, 0, 0), &number);
    RIP_TRY(check_shape(self, &csv, has_header));
    RIP_TRY(find_columns(self, &csv, has_header, column));
    RIP_TRY(read_cells(self, &csv, has_header, column, matrix));
    status = check_cells(self, &csv, has_header, column, matrix);
out:
    rip_csv_free(&csv);
    free(column);
    return status;
}

rip_status
rip_assemble_matrix(rip_assembly *self, const rip_node *node, const char *key,
                    double *matrix)
{
    static const char *const form[] = {"value", "matrix", "file"};
    double number;

    for (size_t i = 0; node->kind == RIP_NODE_MAP && i < 3; i++) {
        const rip_node *inner = rip_node_find(node, form[i]);
        if (inner != NULL) {
            return rip_assemble_matrix(self, inner, key, matrix);
        }
    }
    if (node->kind == RIP_NODE_LIST) {
        fill_rows(self, node, matrix);
        return RIP_OK;
    }
    if (rip_node_is_number(node, false, &number)) {
        fill_number(self, number, matrix);
        return RIP_OK;
    }
    return read_matrix(self, node, key, matrix);
}
