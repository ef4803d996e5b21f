/*
 * cli/target.h -- the file a run writes, looked at before the work begins.    floor 9
 */
#ifndef RIP_CLI_TARGET_H
#define RIP_CLI_TARGET_H

#include "options.h"
#include "riptide/base/error.h"
#include "riptide/io/config.h"

/*
 * The path of the result, malloc'ed: output as it is (relative to the working
 * directory), or if it is NULL outputs.file (relative to the configuration file).
 */
RIP_NODISCARD rip_status target_path(char **path, const char *output,
                                     const rip_config *config);

/*
 * Refuses what is known to fail for a command that writes to path. Errors:
 * RIP_ERR_CONFIG if the file exists and --force was not given, or is one that the
 * command reads; RIP_ERR_OUTPUT if it is a directory, or its folder takes no new files.
 */
RIP_NODISCARD rip_status target_check(const char *path, const cli_arguments *arguments,
                                      rip_error *error);

#endif /* RIP_CLI_TARGET_H */
