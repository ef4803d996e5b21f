#include "riptide/io/stored_run.h"

#include <stdlib.h>
#include <string.h>

#include "riptide/io/assemble_parts.h"

/* What is wrong with the text of a configuration that was written by a program of this
   format is of no use to the user: the file is not what it was. */
static rip_status
resolve(const rip_stored *self, rip_config *config)
{
    rip_error ignored = {0};
    const rip_status status =
        rip_config_resolve(config, self->path, self->config, NULL, 0, NULL, &ignored);
    rip_error_free(&ignored);
    return status == RIP_ERR_CONFIG ? RIP_RAISE(RIP_ERR_OUTPUT) : status;
}

static rip_status
take_settings(const rip_stored *self, rip_run *run, const rip_config *config)
{
    rip_status status = RIP_OK;
    rip_error ignored = {0};
    rip_assembly assembly = {.run = run, .config = config, .error = &ignored};

    RIP_TRY(rip_assemble_settings(&assembly));
    if (run->spec.seed != self->seed || run->spec.paths != self->paths ||
        run->spec.n_mode != self->n_mode ||
        memcmp(run->spec.mode, self->mode, self->n_mode * sizeof(*self->mode)) != 0 ||
        run->outputs.n_level != self->n_level ||
        rip_run_steps(run) + 1 != self->n_time ||
        run->outputs.histogram.bins + 2 != self->estimates.size[RIP_DIM_LOSS_BIN]) {
        status = RIP_RAISE(RIP_ERR_OUTPUT);
    }
out:
    rip_error_free(&ignored);
    return status;
}

static rip_status
take_names(const rip_stored *self, rip_run *run)
{
    rip_market *market = &run->market;
    rip_book *book = &run->book;

    market->asset = calloc(self->n_asset, sizeof(*market->asset));
    book->account = calloc(self->n_account, sizeof(*book->account));
    if (market->asset == NULL || book->account == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    market->n_asset = self->n_asset;
    book->n_account = self->n_account;
    for (size_t i = 0; i < self->n_asset; i++) {
        if (strlen(self->asset[i]) >= sizeof(market->asset[i].symbol)) {
            return RIP_RAISE(RIP_ERR_OUTPUT);
        }
        strcpy(market->asset[i].symbol, self->asset[i]);
    }
    for (size_t i = 0; i < self->n_account; i++) {
        if (strlen(self->account[i]) >= sizeof(book->account[i].id) ||
            !(self->weight[i] > 0.0)) {
            return RIP_RAISE(RIP_ERR_OUTPUT);
        }
        strcpy(book->account[i].id, self->account[i]);
        book->account[i].weight = self->weight[i];
    }
    return RIP_OK;
}

rip_status
rip_stored_run(rip_stored *self, rip_run *run, rip_config *config, rip_error *error)
{
    rip_status status = RIP_OK;

    *run = (rip_run){0};
    *config = (rip_config){0};
    RIP_TRY(rip_image_explain(self->image, resolve(self, config), error));
    RIP_TRY(rip_image_explain(self->image, take_settings(self, run, config), error));
    RIP_TRY(rip_image_explain(self->image, take_names(self, run), error));
out:
    return status;
}

rip_status
rip_stored_start(rip_stored *self, rip_error *error)
{
    static const char *const name[] = {"initial_equity", "initial_margin",
                                       "initial_maintenance", "initially_breached"};
    rip_status status = RIP_OK;

    for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
        RIP_TRY(rip_stored_load(self, "", name[i], NULL, error));
    }
out:
    return status;
}
