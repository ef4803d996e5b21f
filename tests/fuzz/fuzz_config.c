/*
 * Feeds any bytes to the configuration: rip_config_resolve, and what it accepts through
 * rip_config_write and back, which must be a fixed point. A first line that begins with
 * "-s " is an override. Opens no file: there is no directory.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
write_and_read(const rip_config *config)
{
    rip_config again;
    rip_error error = {0};
    char *first = NULL, *second = NULL;

    if (rip_config_write(config, &first) != RIP_OK ||
        rip_config_resolve(&again, "again", first, NULL, 0, NULL, &error) != RIP_OK ||
        rip_config_write(&again, &second) != RIP_OK || strcmp(first, second) != 0) {
        abort();
    }
    rip_config_free(&again);
    rip_error_free(&error);
    free(first);
    free(second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rip_config config;
    rip_error error = {0};
    char *input = calloc(size + 1, 1), *text = input;
    const char *override = NULL;

    if (input == NULL) {
        return 0;
    }
    memcpy(input, data, size);
    char *end = strchr(input, '\n');
    if (strncmp(input, "-s ", 3) == 0 && end != NULL) {
        *end = '\0';
        override = input + 3;
        text = end + 1;
    }
    if (rip_config_resolve(&config, "f.yaml", text, NULL, override != NULL, &override,
                           &error) == RIP_OK) {
        write_and_read(&config);
    } else if (error.n_total == 0) {
        abort(); /* refused without a word */
    }
    rip_config_free(&config);
    rip_error_free(&error);
    free(input);
    return 0;
}
