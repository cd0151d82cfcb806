// SPDX-License-Identifier: Apache-2.0
// An include name of PicklingTools.
#include "shmboot.h"
