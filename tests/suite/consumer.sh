# SPDX-License-Identifier: Apache-2.0
# test: timeout=600
# Projects of others build against the installed library: find_package, pkg-config, C++, each header alone. The library and
# its programs in C are built without a C++ compiler, too.
. "$(dirname "$0")/rebuild.bash"
prefix=$BRINE_SUITE_BUILD/prefix
rm -rf "$prefix" "$BRINE_SUITE_BUILD/consumer"
rebuild installed -DCMAKE_BUILD_TYPE=Release -DBRINE_TESTS=OFF -DCMAKE_INSTALL_PREFIX="$prefix"
cmake --install "$build" >/dev/null
here=$BRINE_SOURCE/tests/consumer
out=$BRINE_SUITE_BUILD/consumer
mkdir -p "$out"
libdir=$(dirname "$(find "$prefix" -name brine.pc)")/..
export LD_LIBRARY_PATH=$libdir

for project in find_package cplusplus; do
    cmake -S "$here/$project" -B "$out/$project" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
    cmake --build "$out/$project" >"$out/$project.log" 2>&1 || { cat "$out/$project.log"; exit 1; }
    for program in "$out/$project"/consumer*; do
        [ -f "$program" ] && [ -x "$program" ] && "$program"
    done
done

export PKG_CONFIG_PATH=$libdir/pkgconfig
# shellcheck disable=SC2046
cc -std=c11 -Wall -Wextra -Werror $(pkg-config --cflags brine) "$here/find_package/main.c" -o "$out/by_pkg_config" $(pkg-config --libs brine)
"$out/by_pkg_config"
# shellcheck disable=SC2046
c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror $(pkg-config --cflags brine) "$here/cplusplus/main.cpp" -o "$out/by_pkg_config_cpp" $(pkg-config --libs brine)
"$out/by_pkg_config_cpp"

# A program for PicklingTools, by pkg-config and by CMake: only the include path is new.
if command -v c++ >/dev/null; then
    # shellcheck disable=SC2046
    c++ -std=c++17 $(pkg-config --cflags brine) -I"$(pkg-config --variable=includedir brine)/ptools" "$here/ptools/main.cc" \
        -o "$out/ptools_by_pkg_config" $(pkg-config --libs brine)
    "$out/ptools_by_pkg_config"
    cmake -S "$here/ptools" -B "$out/ptools" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
    cmake --build "$out/ptools" >"$out/ptools.log" 2>&1 || { cat "$out/ptools.log"; exit 1; }
    "$out/ptools/consumer"
fi

for header in "$prefix"/include/brine/*.h; do
    name=brine/$(basename "$header")
    printf "#include <%s>\nint alone;\n" "$name" >"$out/alone.c"
    cp "$out/alone.c" "$out/alone.cpp"
    cc -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror -I"$prefix/include" -fsyntax-only "$out/alone.c"
    c++ -std=c++17 -Wall -Wextra -Wpedantic -Wconversion -Werror -I"$prefix/include" -fsyntax-only "$out/alone.cpp"
done

# Nothing but brine_* is exported.
extra=$(nm -D --defined-only "$libdir/libbrine.so" | awk '{print $3}' | grep -vE '^brine_[a-z]|^BRINE_' || true)
[ -z "$extra" ] || { echo "exported besides brine_*: $extra"; exit 1; }
man -l "$prefix/share/man/man1/brine.1" >/dev/null
"$prefix/bin/brine" --version

without=$BRINE_SUITE_BUILD/without_cxx
CXX=/no/such/compiler cmake -S "$BRINE_SOURCE" -B "$without" -DBRINE_TESTS=ON >"$without.log" 2>&1 || { cat "$without.log"; exit 1; }
grep -q 'there is no C++ compiler: what is written in C++ is left out' "$without.log"
cmake --build "$without" -j2 --target examples_writer test_unit_pipe_fifo >>"$without.log" 2>&1 || { tail -50 "$without.log"; exit 1; }
