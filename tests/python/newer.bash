# SPDX-License-Identifier: Apache-2.0
# A newer Python beside the distribution's: that of a later Debian, from the mirror and with the keys that apt uses here,
# unpacked into a folder and not installed. It runs with the C library that it was built for, which is unpacked with it.
later_suite=trixie # the stable one; its name is in no file of a machine that runs the one before

# The Debian mirror that apt uses: URI [KEYRING]
debian_mirror() {
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -f "$keyring" ] || keyring=
    apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        awk -v keyring="$keyring" '$1 == "Debian" && $2 !~ /-/ { print $3, keyring; exit }'
}

# apt-get with lists, cache and status of its own in FOLDER, which has a sources.list: private_apt FOLDER ARGUMENT...
private_apt() {
    local folder=$1
    shift
    mkdir -p "$folder"/state/lists/partial "$folder"/cache/archives/partial
    : >"$folder/state/status"
    timeout 120 apt-get -qq -o Dir::State="$folder/state" -o Dir::State::status="$folder/state/status" -o Dir::Cache="$folder/cache" \
        -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=- -o Debug::NoLocking=1 -o APT::Sandbox::User=root \
        -o Acquire::Languages=none -o Acquire::Retries=2 "$@"
}

private_sources() { # FOLDER
    local uri keyring
    read -r uri keyring < <(debian_mirror)
    [ -n "${uri:-}" ] || { echo "apt knows no mirror of Debian"; return 1; }
    mkdir -p "$1"
    printf "%s ${keyring:+[signed-by=$keyring] }$uri $later_suite main\n" deb deb-src >"$1/sources.list"
}

# It is to find the libraries that came with it, and only what is not among them on this machine.
make_runnable() { # ROOT PYTHON
    local libraries
    libraries=$(dirname "$(find "$1/usr/lib" -name libc.so.6 | head -1)")
    patchelf --set-interpreter "$(find "$libraries" -name 'ld-linux*' | head -1)" --force-rpath --set-rpath "$libraries" "$2"
}

# Sets `newer` to a Python in FOLDER, made there if need be; else says why there is none.
unpack_newer_python() { # FOLDER
    local folder=$1 archive
    newer=$(ls "$folder"/root/usr/bin/python3.[0-9][0-9] 2>/dev/null | tail -1)
    [ -n "$newer" ] && "$newer" -c '' 2>/dev/null && return
    type apt-get dpkg-deb patchelf >/dev/null 2>&1 || { echo "apt-get, dpkg-deb or patchelf is missing"; return 1; }
    private_sources "$folder" && private_apt "$folder" update || { echo "$later_suite cannot be fetched"; return 1; }
    rm -rf -- "$folder/root" "$folder"/cache/archives/*.deb
    private_apt "$folder" install --download-only --no-install-recommends -y python3-venv ||
        { echo "the Python of $later_suite cannot be fetched"; return 1; }
    for archive in "$folder"/cache/archives/*.deb; do dpkg-deb -x "$archive" "$folder/root" || { echo "$archive is broken"; return 1; }; done
    newer=$(ls "$folder"/root/usr/bin/python3.[0-9][0-9])
    make_runnable "$folder/root" "$newer" && "$newer" -c '' || { echo "$newer does not run here"; return 1; }
}

# Sets `newer` to a Python without the global lock in FOLDER, built there if need be (two minutes); else says why there is none.
build_free_threaded_python() { # FOLDER
    local folder=$1
    newer=$(ls "$folder"/root/bin/python3.[0-9][0-9]t 2>/dev/null | tail -1)
    [ -n "$newer" ] && "$newer" -c 'import ctypes, ssl' 2>/dev/null && return
    type apt-get cc make >/dev/null 2>&1 || { echo "apt-get or a compiler is missing"; return 1; }
    private_sources "$folder" && private_apt "$folder" update || { echo "$later_suite cannot be fetched"; return 1; }
    rm -rf -- "$folder/root" "$folder/source"
    mkdir -p "$folder/source"
    (cd "$folder" && private_apt "$folder" source --download-only --tar-only python3.13) &&
        tar -xf "$folder"/python3.13_*.orig.tar.* -C "$folder/source" --strip-components=1 ||
        { echo "the source of Python in $later_suite cannot be fetched"; return 1; }
    (cd "$folder/source" && ./configure -q --prefix="$folder/root" --disable-gil --disable-test-modules --without-static-libpython \
        OPT="-O1 -fwrapv" && make -s -j2 && make -s install) >"$folder/log" 2>&1 || { tail -5 "$folder/log"; echo "it cannot be built"; return 1; }
    rm -rf -- "$folder/source"
    newer=$(ls "$folder"/root/bin/python3.[0-9][0-9]t)
    "$newer" -c 'import ctypes, ssl' || { echo "it was built without ssl or ctypes (libssl-dev, libffi-dev)"; return 1; }
}
