#include "telling.h"

#include <math.h>

#include "figures.h"

/* The contract's word for an event. */
static const char *
word_of(const rip_trace_event *event)
{
    if (event->kind == RIP_TRACE_PRICE) {
        return "price";
    }
    if (event->kind == RIP_TRACE_FUNDING) {
        return "funding";
    }
    switch (event->rule) {
    case RIP_EVENT_STOP:
        return "stop";
    case RIP_EVENT_BREACH:
        return "breach";
    case RIP_EVENT_TOP_UP:
        return "top_up";
    case RIP_EVENT_CLOSE:
        return "close";
    case RIP_EVENT_FEE:
        return "fee";
    case RIP_EVENT_CONFISCATE:
        return "fund"; /* what is left goes to the fund (LIQ-5) */
    case RIP_EVENT_DEFICIT:
        return "deficit";
    case RIP_EVENT_EXPIRY:
        return "expiry";
    case RIP_EVENT_WIPEOUT:
        return "wipeout";
    }
    return "";
}

static const char *
symbol_of(const telling *self, const rip_trace_event *event)
{
    return event->asset != SIZE_MAX ? self->run->market.asset[event->asset].symbol
                                    : NULL;
}

static double
hours_of(const telling *self, const rip_trace_event *event)
{
    return (double)event->step * (double)self->run->spec.step_ms / 3600000.0;
}

/* The isolated bucket an event is about: the number of its position. */
static bool
has_bucket(const telling *self, const rip_trace_event *event)
{
    return self->mode == RIP_MODE_ISOLATED && event->kind == RIP_TRACE_RULE &&
           event->position != SIZE_MAX;
}

static void
write_json(const telling *self, const rip_trace_event *event)
{
    json *out = self->json;
    json_begin_object(out);
    json_key(out, "t_hours");
    json_number(out, hours_of(self, event));
    json_key(out, "round");
    json_count(out, 0);
    json_key(out, "event");
    json_string(out, word_of(event));
    json_key(out, "symbol");
    json_string(out, symbol_of(self, event));
    json_key(out, "position");
    if (event->position != SIZE_MAX) {
        json_count(out, event->position);
    } else {
        json_null(out);
    }
    json_key(out, "quantity");
    json_number(out, event->quantity);
    json_key(out, "price");
    json_number(out, event->price_usd);
    json_key(out, "amount");
    json_number(out, event->amount_usd);
    json_key(out, "equity");
    json_number(out, event->equity_usd);
    json_key(out, "maintenance");
    json_number(out, event->maintenance_usd);
    json_key(out, "bucket");
    if (has_bucket(self, event)) {
        json_count(out, event->position);
    } else {
        json_null(out);
    }
    json_end_object(out);
}

/* A figure, or nothing where there is none. */
static void
cell(table *out, double value, const char *(*write)(double, char *))
{
    char text[FIGURES_TEXT];
    table_cell(out, TABLE_PLAIN, "%s", isnan(value) ? "" : write(value, text));
}

static const char *
plain(double value, char *text)
{
    (void)snprintf(text, FIGURES_TEXT, "%.6g", value);
    return text;
}

static const char *
hours(double value, char *text)
{
    (void)snprintf(text, FIGURES_TEXT, "%.4g", value);
    return text;
}

static void
write_row(telling *self, const rip_trace_event *event)
{
    const char *symbol = symbol_of(self, event);
    const bool is_first = event->step != self->step;
    const table_style style = event->kind == RIP_TRACE_RULE ? TABLE_BOLD : TABLE_PLAIN;

    cell(self->table, is_first ? hours_of(self, event) : NAN, hours);
    table_cell(self->table, style, "%s", word_of(event));
    table_cell(self->table, TABLE_PLAIN, "%s", symbol != NULL ? symbol : "");
    cell(self->table, event->quantity, plain);
    cell(self->table, event->price_usd, figures_price);
    cell(self->table, isnan(event->moved_usd) ? event->amount_usd : event->moved_usd,
         figures_money);
    cell(self->table, event->equity_usd, figures_money);
    cell(self->table, event->maintenance_usd, figures_money);
    self->step = event->step;
}

void
telling_add(void *context, const rip_trace_event *event)
{
    telling *self = context;

    self->amount_usd += event->amount_usd;
    if (self->json != NULL) {
        write_json(self, event);
    } else {
        write_row(self, event);
    }
}

void
telling_head(table *self)
{
    static const char *const head[] = {"hours", "event", "asset",  "quantity",
                                       "price", "loss",  "equity", "maintenance"};

    for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
        table_cell(self, TABLE_DIM, "%s", head[i]);
    }
}
