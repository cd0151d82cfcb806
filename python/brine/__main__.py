# SPDX-License-Identifier: Apache-2.0
"""python -m brine: the demonstration."""

from brine._demo import main

if __name__ == "__main__":
    main()
