# SPDX-License-Identifier: Apache-2.0
# test: timeout=900
# The models (docs/design/models.md): no error in any, and every mutant is caught.
exec "${BRINE_SOURCE:?}"/tests/model/spin/run
