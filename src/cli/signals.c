#include "signals.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* A handler has no other way to be told anything: written before it is installed. */
static const char *parting;
static size_t parting_length;
static volatile sig_atomic_t caught;

static void
leave(int signal_number)
{
    const ssize_t written = write(STDERR_FILENO, parting, parting_length);

    (void)written; /* nobody is left to hear of it */
    _exit(128 + signal_number);
}

static void
note(int signal_number)
{
    caught = signal_number;
}

static void
install(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    (void)sigemptyset(&action.sa_mask);
    (void)sigaddset(&action.sa_mask, SIGINT);
    (void)sigaddset(&action.sa_mask, SIGTERM);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

void
signals_ignore(void)
{
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
}

void
signals_watch(const char *line)
{
    parting = line;
    parting_length = strlen(line);
    install(leave);
}

void
signals_note(void)
{
    install(note);
}

int
signals_caught(void)
{
    return caught;
}
