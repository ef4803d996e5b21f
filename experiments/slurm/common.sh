# shellcheck shell=bash disable=SC2034,SC2154
# What experiments/slurm/submit.sh and experiments/local/submit.sh share; read by them,
# not run alone. A folder of results holds
#
#     config.yaml            the resolved configuration, with what was asked for on line 1
#     point-K.h5, shard-I.h5 what is finished; the final name only ever has a whole file
#     *.checkpoint           what was interrupted, from which the next attempt goes on
#     log/                   one log a point or shard, appended to by every attempt
#     sweep.h5, result.h5    all of them merged

fail() {
    echo "$(basename "$(dirname "$0")")/$(basename "$0"): $1" >&2
    exit "${2:-2}"
}

# What a script says of itself: the comment that it begins with.
print_help() {
    awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0"
}

# Reads CONFIG OUTDIR [--shards N] [-- OPTIONS] into config, out, shards, options.
read_arguments() {
    local operands=()
    shards=
    options=()
    while [ $# -gt 0 ]; do
        case $1 in
        --)
            shift
            options=("$@")
            break
            ;;
        --shards)
            [ $# -gt 1 ] || fail "--shards: no number given"
            shards=$2
            shift
            ;;
        --shards=*) shards=${1#*=} ;;
        -h | --help)
            print_help
            exit
            ;;
        -*) fail "$1: unknown option ($usage)" ;;
        *) operands+=("$1") ;;
        esac
        shift
    done
    [ ${#operands[@]} -eq 2 ] || fail "$usage"
    if [ -n "$shards" ] && ! [[ $shards =~ ^[1-9][0-9]{0,5}$ ]]; then
        fail "--shards: $shards is not allowed (a whole number from 1 to 999999)"
    fi
    config=$(realpath -e -- "${operands[0]}" 2>/dev/null) ||
        fail "${operands[0]}: No such file or directory"
    out=${operands[1]}
}

make_folder() {
    mkdir -p -- "$out/log" || exit 4
    out=$(realpath -e -- "$out") || exit 4
}

# $RIPTIDE, else riptide on PATH, else the build folder of this checkout.
find_riptide() {
    local here build
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
    build=$here/build/riptide
    if [ -z "${RIPTIDE:-}" ]; then
        RIPTIDE=$(command -v riptide) || RIPTIDE=$build
    fi
    riptide=$(command -v -- "$RIPTIDE" || true)
    [ -n "$riptide" ] || fail "no program riptide: not \$RIPTIDE, not on PATH, not $build (ninja -C build)"
    riptide=$(realpath -e -- "$riptide")
}

# Sets kind (point or shard), count and merged, from the configuration.
plan() {
    if [ -n "$shards" ]; then
        kind=shard count=$shards merged=$out/result.h5
    else
        count=$("$riptide" sweep "$config" --count) || exit $?
        kind=point merged=$out/sweep.h5
    fi
}

# A folder of results belongs to one configuration, cut in one way.
claim_folder() {
    local new=$out/config.yaml.new.$$
    { echo "# riptide: $count ${kind}s of" && "$riptide" check "$config" 2>/dev/null; } >"$new" || {
        rm -f "$new"
        "$riptide" check "$config" >/dev/null
        exit $?
    }
    if [ -e "$out/config.yaml" ] && ! cmp -s "$new" "$out/config.yaml"; then
        local first
        first=$(diff "$out/config.yaml" "$new" | grep -m1 '^>' || true)
        rm -f "$new"
        fail "$out: holds results of another configuration, see its config.yaml (now: ${first#> }); use another folder"
    fi
    mv "$new" "$out/config.yaml"
}

# What is there must be what would be made now: an input file may have changed since.
check_results() {
    local k code=0
    if [ "$kind" = point ]; then
        "$riptide" sweep "$config" --list -o "$out" |
            awk 'NR > 1 && $NF == "damaged" { code = 4 }
                 NR > 1 && $NF == "stale" && !code { code = 2 }
                 END { exit code }' || code=$?
    else
        for ((k = 0; k < count; k++)); do
            # Of a finished shard --resume only looks whether it is this one.
            [ ! -f "$out/shard-$k.h5" ] ||
                "$riptide" run "$config" --shard "$k/$count" -o "$out/shard-$k.h5" --resume -q || code=$?
        done
    fi
    [ $code -eq 0 ] ||
        fail "$out: holds results that are not those of $config and its input files now, see above; remove them or use another folder" $code
}

# The numbers of the points or shards that have no result, one a line.
missing() {
    local k
    for ((k = 0; k < count; k++)); do
        [ -f "$out/$kind-$k.h5" ] || echo "$k"
    done
}
