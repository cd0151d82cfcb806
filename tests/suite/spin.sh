# SPDX-License-Identifier: Apache-2.0
# test: timeout=900
# The models of the pipe, the counts and the directory: no error in any, and every mutant is caught.
exec "${BRINE_SOURCE:?}"/tests/model/spin/run
