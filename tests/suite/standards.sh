# SPDX-License-Identifier: Apache-2.0
# test: timeout=600
# The C++ header with every compiler and standard that is here: without a warning; its tests run with sanitizers under both
# compilers (C++17 with gcc is the tests' own build); each part alone; two files in one program; what must
# not compile does not, and the compiler says why.
set -eu
: "${BRINE_SOURCE:?the project}" "${BRINE_BUILD:?the build with libbrine.a}" "${BRINE_SUITE_BUILD:?a folder to build in}"
command -v g++ >/dev/null || { echo "SKIP: there is no g++"; exit 77; }
out=$BRINE_SUITE_BUILD/standards
rm -rf "$out"
mkdir -p "$out"
tests=$BRINE_SOURCE/tests
flags=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I"$BRINE_SOURCE/include" -I"$tests" -isystem /usr/include/eigen3)
libraries=("$BRINE_BUILD/libbrine.a" -lgmp -lyajl -lm -lpthread)
main_tests="types values structs processes adapters"

# Compilers and standards: run the tests, or look only.
[ ! -e /usr/include/gmpxx.h ] || libraries=(-lgmpxx "${libraries[@]}")
for what in "run g++ c++2b" "run clang++ c++20" \
    "look g++ c++20" "look clang++ c++17" "look clang++ c++2b"; do
    # shellcheck disable=SC2086
    set -- $what
    how=$1 compiler=$2 standard=$3
    command -v "$compiler" >/dev/null || { echo "there is no $compiler: not looked at with $standard"; continue; }
    for name in $main_tests; do
        if [ "$how" = look ]; then
            "$compiler" -std="$standard" "${flags[@]}" -fsyntax-only "$tests/cpp/$name.cpp"
        else
            "$compiler" -std="$standard" -O0 -fsanitize=address,undefined -fno-sanitize-recover=all "${flags[@]}" "$tests/cpp/$name.cpp" \
                -o "$out/$name" "${libraries[@]}"
            "$out/$name" || [ $? -eq 77 ]
        fi
    done
    echo "$how: $compiler $standard"
done

# std::format, and std::expected of another library: gcc 12's has no format.
libcxx=(clang++-19 -stdlib=libc++ -std=c++23 -O0 "${flags[@]}")
if echo '#include <format>' | "${libcxx[@]}" -x c++ -fsyntax-only - 2>/dev/null; then
    for name in values types; do
        "${libcxx[@]}" "$tests/cpp/$name.cpp" -o "$out/$name" "${libraries[@]}"
        "$out/$name"
    done
    echo "run: libc++ 19"
else
    echo "skipped: std::format: there is no clang++-19 with libc++"
fi

# Each part alone.
for header in "$BRINE_SOURCE"/include/brine/cpp/*.hpp; do printf '#include <brine/cpp/%s>\n' "$(basename "$header")" >"$out/alone.$(basename "$header").cpp"; done
g++ -std=c++17 "${flags[@]}" -fsyntax-only "$out"/alone.*.cpp

# Two files, for the same standard and for two.
g++ -std=c++17 "${flags[@]}" -c "$tests/cpp/two/one.cpp" -o "$out/one.o"
for other in 17 2b; do
    g++ -std=c++$other "${flags[@]}" -c "$tests/cpp/two/other.cpp" -o "$out/other.o"
    g++ "$out/one.o" "$out/other.o" -o "$out/two" "${libraries[@]}"
    "$out/two"
done

# What must not compile.
cases=$tests/cpp/refused/cases.cpp
g++ -std=c++17 "${flags[@]}" -DCASE=0 -fsyntax-only "$cases"
checked=0
while read -r number says; do
    if g++ -std=c++17 -I"$BRINE_SOURCE/include" -DCASE="$number" -fsyntax-only "$cases" 2>"$out/refused.log"; then echo "case $number compiles"; exit 1; fi
    grep -qE "$says" "$out/refused.log" || { echo "case $number: the compiler does not say \"$says\":"; head -20 "$out/refused.log"; exit 1; }
    checked=$((checked + 1))
done < <(sed -n 's/^#\(if\|elif\) CASE == \([0-9]*\) *\/\/ says: /\2 /p' "$cases")
[ "$checked" -eq 10 ] || { echo "$checked cases found, not 10"; exit 1; }
echo "$checked cases are refused"
