"""A Slurm of one's own on loopback: controller, node daemons, munge, all below one folder."""
import os
import pathlib
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

CONF = """
ClusterName=riptide
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,batch_sched_delay=0,sched_interval=1,sched_min_interval=1000
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
MailProg=/bin/true
ReturnToService=2
PropagateResourceLimits=NONE
KillWait=5
MinJobAge=600
MaxArraySize={array}
SlurmdTimeout=10
NodeName=n[1-{nodes}] NodeHostname=localhost NodeAddr=127.0.0.1 Port=[{first}-{last}] CPUs={cpus} State=UNKNOWN
PartitionName=low Nodes=ALL Default=YES PriorityTier=1 PreemptMode=REQUEUE MaxTime=60 DefaultTime=10 State=UP
PartitionName=high Nodes=ALL PriorityTier=10 PreemptMode=OFF MaxTime=60 DefaultTime=10 State=UP
"""


def free_ports(n):
    """n ports in a row that nobody listens on."""
    for _ in range(200):
        first = random.randrange(20000, 32000)
        sockets = []
        try:
            for port in range(first, first + n):
                sockets.append(socket.socket())
                sockets[-1].bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
        finally:
            for opened in sockets:
                opened.close()
    raise RuntimeError("no free ports")


class Cluster:
    """`with Cluster(nodes, cpus) as cluster:` brings it up and takes it down again."""

    def __init__(self, nodes, cpus, array=1001):
        self.nodes, self.cpus, self.array = nodes, cpus, array
        # The path of a socket is at most 107 bytes, so the folder is a short one.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rs-", dir="/tmp"))
        self.daemons = {}
        self.environment = {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf"),
                            "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
        for name in [key for key in self.environment if key.startswith(("SBATCH_", "SQUEUE_"))]:
            del self.environment[name]

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in reversed(list(self.daemons)):
            self.kill(name, signal.SIGTERM, grace=3)
        self.kill_leftovers()
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill_leftovers(self):
        """Ends jobs and their step daemons, which outlive the daemon of their node."""
        mine = f"SLURM_CONF={self.folder}/".encode()
        kept = {os.getpid(), *(daemon.pid for daemon in self.daemons.values())}
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if (entry.name.isdigit() and int(entry.name) not in kept
                        and mine in (entry / "environ").read_bytes()):
                    os.kill(int(entry.name), signal.SIGKILL)
            except OSError:
                pass

    def start(self):
        for name in ("state", "spool", "log"):
            (self.folder / name).mkdir()
        self.folder.chmod(0o755)
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        port = free_ports(self.nodes + 1)
        (self.folder / "slurm.conf").write_text(CONF.format(
            port=port, first=port + 1, last=port + self.nodes, nodes=self.nodes,
            cpus=self.cpus, array=self.array, folder=self.folder,
            user=pwd.getpwuid(os.getuid()).pw_name))
        at = self.folder
        self.spawn("munged", "munged", "--foreground", "--force", f"--key-file={key}",
                   f"--socket={at}/munge.socket", f"--pid-file={at}/munge.pid",
                   f"--log-file={at}/log/munged.log", f"--seed-file={at}/munge.seed")
        self.until(lambda: (at / "munge.socket").exists(), 10, "munged")
        self.spawn("slurmctld", "slurmctld", "-D", "-c")
        for n in range(1, self.nodes + 1):
            (at / f"spool/n{n}").mkdir()
            self.start_node(n)
        self.until(lambda: self.ask("sinfo", "-h", "-p", "low", "-N", "-o", "%T").split()
                   == ["idle"] * self.nodes, 30, "the nodes")

    def spawn(self, name, *command):
        log = open(self.folder / f"log/{name}.out", "a")
        self.daemons[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                              stderr=log, env=self.environment,
                                              start_new_session=True)
        log.close()

    def start_node(self, n):
        self.spawn(f"n{n}", "slurmd", "-D", "-N", f"n{n}")

    def kill(self, name, number=signal.SIGKILL, grace=0):
        daemon = self.daemons.pop(name)
        daemon.send_signal(number)
        try:
            daemon.wait(grace or 5)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()

    def run(self, *command, **environment):
        return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              timeout=120, env={**self.environment, **environment})

    def ask(self, *command):
        """The standard output of a command of Slurm; nothing while the controller starts."""
        return self.run(*command).stdout

    @staticmethod
    def until(true, seconds, what):
        """Waits until true() holds."""
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                raise AssertionError(f"waited {seconds} s for {what}")
            time.sleep(0.1)

    def states(self, job):
        """The states of a job's tasks, by task number (None: not an array)."""
        found = {}
        for line in self.ask("scontrol", "-o", "show", "job", job).splitlines():
            fields = dict(word.split("=", 1) for word in line.split() if "=" in word)
            task = fields.get("ArrayTaskId")
            found[int(task) if task and task.isdigit() else None] = fields["JobState"]
        return found

    def wait(self, *jobs, seconds=90):
        """Waits until jobs have left the queue."""
        self.until(lambda: not self.ask("squeue", "-h", "-j", ",".join(jobs)).strip(),
                   seconds, f"jobs {jobs}")
