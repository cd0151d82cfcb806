# SPDX-License-Identifier: Apache-2.0
# What the tests of the Python package share: environments in the build folder, filled from PyPI.
set -u
root=${BRINE_SOURCE:?} build=${BRINE_BUILD:?}
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
unset PYTHONPATH PYTHONHOME

distribution_python=/usr/bin/python3
[ -x "$distribution_python" ] || distribution_python=$(command -v python3) || { echo "SKIP: there is no python3"; exit 77; }
[ -f "$("$distribution_python" -c 'import sysconfig; print(sysconfig.get_paths()["include"])')/Python.h" ] ||
    { echo "SKIP: the headers of $distribution_python are missing (python3-dev)"; exit 77; }

test_packages=("pytest>=8" "hypothesis>=6.100" "numpy>=1.24" "mypy>=1.11")

# With pip only. Of an unpacked Python that is the one beside it: it would look for it where it is not installed.
bare_environment() { # PYTHON FOLDER
    local wheels
    wheels=("$(dirname "$1")"/../share/python-wheels/pip-*.whl)
    if [ "$1" = "$distribution_python" ] || [ ! -f "${wheels[0]}" ]; then
        "$1" -m venv "$2"
    else
        "$1" -m venv --without-pip "$2" && "$2/bin/python" "${wheels[0]}/pip" install -q "${wheels[0]}"
    fi
}

# A fresh environment with what the build and the tests need: fresh_environment PYTHON FOLDER
fresh_environment() {
    rm -rf -- "$2"
    bare_environment "$1" "$2" || { echo "SKIP: $1 makes no virtual environment (python3-venv)"; exit 77; }
    "$2/bin/pip" install -q --upgrade --only-binary=:all: "${test_packages[@]}" >"$work/pip" 2>&1 ||
        { tail -3 "$work/pip"; echo "SKIP: PyPI gives nothing to $("$1" --version): $(tail -1 "$work/pip")"; exit 77; }
}

# The tests run on what is installed, from a folder without the sources: run_tests ENVIRONMENT
run_tests() {
    cc -std=c11 -O1 -I"$root/include" "$root/python/tests/c_ends.c" "$build/libbrine.a" -lgmp -lyajl -lm -lpthread -o "$work/c_ends" || exit 1
    cp -r "$root/python/tests" "$work/tests"
    (cd "$work/tests" && BRINE_C_ENDS=$work/c_ends "$1/bin/python" -X dev -X faulthandler -m pytest -q -p no:cacheprovider \
        --tb=short -rs --rootdir "$work/tests" .) || exit 1
}
