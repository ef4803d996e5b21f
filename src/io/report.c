#include "riptide/io/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_MESSAGE 2000

void
rip_report_quote(const char *value, char *text)
{
    size_t n = 0;

    for (; value[n] != '\0' && n < RIP_REPORT_QUOTE - 4; n++) {
        const unsigned char c = (unsigned char)value[n];
        text[n] = '?';
        if (c >= 0x20 && c != 0x7f) {
            text[n] = value[n];
        }
    }
    text[n] = '\0';
    if (value[n] != '\0') {
        /* Never leave a part of a UTF-8 sequence behind. */
        while (n > 0 && ((unsigned char)value[n] & 0xc0) == 0x80) {
            n--;
        }
        memcpy(text + n, "...", 4);
    }
}

void
rip_report_path_text(const rip_report_path *path, char *text)
{
    char quoted[RIP_REPORT_QUOTE];
    size_t used;

    text[0] = '\0';
    if (path == NULL) {
        return;
    }
    rip_report_path_text(path->up, text);
    used = strlen(text);
    if (used + RIP_REPORT_QUOTE + 2 > RIP_REPORT_PATH) {
        return;
    }
    if (path->key == NULL) {
        (void)snprintf(text + used, RIP_REPORT_PATH - used, "[%zu]", path->index);
        return;
    }
    rip_report_quote(path->key, quoted);
    (void)snprintf(text + used, RIP_REPORT_PATH - used, "%s%s", used > 0 ? "." : "",
                   quoted);
}

rip_status
rip_report(rip_error *error, const char *place, const rip_report_path *path,
           const char *format, ...)
{
    char key[RIP_REPORT_PATH], message[MAX_MESSAGE];
    va_list args;

    rip_report_path_text(path, key);
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    return rip_error_add(error, RIP_ERR_CONFIG, "%s: %s%s%s", place, key,
                         key[0] != '\0' ? ": " : "", message);
}
