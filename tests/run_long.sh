# The stages that tests/run.sh adds with --all; read by it, not run alone.

stage "unit tests by clang"
suites clang --suite unit

stage "ThreadSanitizer (clang and its OpenMP library)"
export TSAN_OPTIONS=ignore_noninstrumented_modules=1:halt_on_error=1
if RIPTIDE_SIMD=baseline named "thread-sanitized build" build tsan clang-14 \
    -Db_sanitize=thread -Db_lundef=false -Dbuildtype=debugoptimized; then
    RIPTIDE_SIMD=baseline suites tsan --suite unit -t 10
    RIPTIDE_SIMD=baseline named "a run on three threads" "$root/tsan/riptide" run \
        tests/cli/small.yaml -o "$work/tsan.h5" --force -q -j 3
fi

stage "all notebooks"
program notebooks "$PYTHON" tests/reports/test_notebooks.py "$riptide" --all

stage "valgrind on a small run"
RIPTIDE_SIMD=baseline named "valgrind" valgrind -q --leak-check=full --show-leak-kinds=definite \
    --errors-for-leak-kinds=definite --error-exitcode=9 \
    "$riptide" run tests/cli/small.yaml -s run.paths=64 -o "$work/valgrind.h5" --force -q -j 2

# One file at a time: with more, version 14 finds va_lists uninitialised that are not.
stage "clang-tidy"
named "clang-tidy" bash -c "git ls-files 'src/*.c' | xargs -P 2 -n 1 clang-tidy-14 -p '$root/clang' --quiet"

stage "fuzz targets, 60 s each"
if named "fuzz build" build fuzz clang-14 -Dfuzz=true -Db_sanitize=address,undefined \
    -Db_lundef=false -Dbuildtype=debugoptimized; then
    found=0
    while IFS= read -r target; do
        found=$((found + 1))
        stage "fuzz $(basename "$target")"
        corpus=$work/$(basename "$target")
        mkdir -p "$corpus"
        seeds=tests/fuzz/$(basename "$target")
        [ -d "$seeds" ] && cp -r "$seeds/." "$corpus/"
        named "$(basename "$target")" env -C "$work" "$target" -max_total_time=60 \
            -rss_limit_mb=2048 -timeout=10 "$corpus"
    done < <(find "$root/fuzz" -type f -name 'fuzz_*' -perm -u+x)
    [ "$found" -gt 0 ] || named "fuzz targets exist" false
fi

for script in tests/statistical/*.py; do
    [ "$(basename "$script")" = program.py ] && continue
    stage "statistics: $(basename "$script")"
    program "$(basename "$script")" "$PYTHON" "$script" "$riptide"
done
