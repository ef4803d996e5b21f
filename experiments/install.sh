#!/usr/bin/env bash
# Installs the Debian packages that riptide needs. Asks nothing; does nothing where
# everything is there. Names as in Debian 12.
#
# usage: experiments/install.sh [quickstart|slurm|tests|all]
set -euo pipefail

build_packages=(
    gcc libc6-dev pkg-config meson ninja-build git
    libgsl-dev libhdf5-dev libyaml-dev
)
report_packages=(
    python3 python3-numpy python3-h5py python3-matplotlib python3-yaml
    python3-nbformat python3-nbclient python3-ipykernel
)
test_packages=(
    libcmocka-dev clang-14 clang-format-14 libomp-14-dev
    python3-scipy python3-pandas python3-xarray python3-h5netcdf
    chromium poppler-utils
)
# A Slurm on loopback for tests/slurm, and GNU parallel for experiments/local.
slurm_packages=(slurm-wlm munge parallel)
long_test_packages=(clang-tidy-14 libclang-rt-14-dev valgrind libc6-dbg)

packages=("${build_packages[@]}" "${report_packages[@]}")
case "${1:-quickstart}" in
quickstart) ;;
slurm) packages+=("${slurm_packages[@]}") ;;
tests) packages+=("${test_packages[@]}" "${slurm_packages[@]}") ;;
all) packages+=("${test_packages[@]}" "${slurm_packages[@]}" "${long_test_packages[@]}") ;;
*)
    echo "usage: $0 [quickstart|slurm|tests|all]" >&2
    exit 2
    ;;
esac

missing=()
for package in "${packages[@]}"; do
    state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "packages: all ${#packages[@]} are installed"
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "$0: this machine has no apt-get; install by hand: ${missing[*]}" >&2
    exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "$0: run as root, or install by hand: ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
# The lock timeout makes a second apt wait for the first instead of failing at once.
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq
    -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "packages: installing ${missing[*]}"
if ! "${apt[@]}" update >"$log" 2>&1 ||
    ! "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    echo "$0: apt-get failed, see above" >&2
    exit 1
fi
