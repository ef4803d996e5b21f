/*
 * cli/commands.h -- the commands of the program, one file each.               floor 9
 */
#ifndef RIP_CLI_COMMANDS_H
#define RIP_CLI_COMMANDS_H

#include "options.h"

extern const cli_command check_command;
extern const cli_command margin_command;
extern const cli_command merge_command;
extern const cli_command report_command;
extern const cli_command run_command;
extern const cli_command summary_command;
extern const cli_command sweep_command;
extern const cli_command trace_command;

#endif /* RIP_CLI_COMMANDS_H */
