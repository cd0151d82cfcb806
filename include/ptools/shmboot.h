// SPDX-License-Identifier: Apache-2.0
// The include name of PicklingTools: everything of <brine/ptools.hpp>, in the global namespace, as there.
#ifndef PTOOLS_SHMBOOT_H
#define PTOOLS_SHMBOOT_H

#include <cstdlib>
#include <iostream>

#include <brine/ptools.hpp>

using namespace std;
using namespace ptools;

#endif
