# SPDX-License-Identifier: Apache-2.0
# Includes go down the layers only; the check catches bad examples.
exec "${BRINE_SOURCE:?}"/tools/check-layers
