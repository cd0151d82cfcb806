# SPDX-License-Identifier: Apache-2.0
# The short way in. Everything below is CMake (see CMakePresets.json for its build folders).
#
#   make demo     installs what is missing (apt), builds in build/, runs the demonstration
#   make test     installs what is missing, builds and tests in every way; its last line is the verdict
#   make          builds in build/
#   make install  into PREFIX (/usr/local), with DESTDIR as usual
#   make clean    removes the build folders
PREFIX ?= /usr/local

.PHONY: all demo test install clean

all:
	cmake --preset release -DCMAKE_INSTALL_PREFIX=$(PREFIX) >/dev/null
	cmake --build --preset release

demo:
	tools/apt-install build
	$(MAKE) --no-print-directory all
	demo/run

test:
	tools/apt-install build test
	tools/test

install: all
	cmake --install build

clean:
	rm -rf build build-dev build-clang build-asan build-tsan build-fuzz
