// SPDX-License-Identifier: Apache-2.0
// The vocabulary of PicklingTools over brine, for programs that were written with it: Val, Tab, Arr, It, Shared,
// SHMMain, ServerSide, ClientSide, CQ and so on, in namespace ptools. C++17 and later. Such a program needs no change
// but the include path: the folder ptools beside brine has headers with its names (shmboot.h, ocval.h, ...), which
// put everything into the global namespace. docs/from-picklingtools.md says what is different.
//
//   ptools/base.hpp        scalar types, errors            ptools/val.hpp         Val, Tab, OTab, Arr, Tup, Proxy
//   ptools/number.hpp      numbers and their tags          ptools/value.hpp       how they are kept
//   ptools/integer.hpp     int_n, int_un                   ptools/operations.hpp  what they can do, text, files, It
//   ptools/packet.hpp      values in shared memory         ptools/memory.hpp      Shared, IsSHM, SHMCreate, ...
//   ptools/array.hpp       Array<T>                        ptools/pipe.hpp        SHMMain, ServerSide, ClientSide, CQ
//
// Header-only over the C interface: link with the library. Errors are thrown as ptools::Error, a std::runtime_error.
#ifndef BRINE_PTOOLS_HPP
#define BRINE_PTOOLS_HPP

#include <brine/ptools/pipe.hpp>

#endif
