// SPDX-License-Identifier: Apache-2.0
//
// brine for C++17 and later, over the C functions and with no logic of its own. docs/cpp.md is the guide.
//
//     brine::Pool pool = brine::Pool::create("rf");
//     brine::Pipe pipe = pool.serve("iq", 4);
//     brine::Packet packet = pool.packet();
//     packet["hdr"]["fs"] = 1e6;
//     pipe.enqueue(std::move(packet), 3s);
//
//   cpp/config.hpp     spans, None, types          cpp/fields.hpp   structs: BRINE_FIELDS
//   cpp/error.hpp      exceptions and results      cpp/bigint.hpp   integers of any size
//   cpp/deadline.hpp   how long to wait            cpp/text.hpp     text, streams, std::format
//   cpp/value.hpp      reading and writing         cpp/packet.hpp   the unit of ownership; leases
//   cpp/range.hpp      loops over values           cpp/pipe.hpp     pipes, waiting for several, fan-out
//   cpp/codec.hpp      C++ types as values         cpp/pool.hpp     pools, published values, looking
//   cpp/containers.hpp vectors, maps, tuples
//   cpp/array.hpp      nd-arrays in place          json.hpp         nlohmann::json  (to be included besides)
//   cpp/builder.hpp    dict{...}, list{...}        eigen.hpp        Eigen           (to be included besides)
#ifndef BRINE_HPP
#define BRINE_HPP

#include <brine/cpp/bigint.hpp>
#include <brine/cpp/builder.hpp>
#include <brine/cpp/fields.hpp>
#include <brine/cpp/pool.hpp>
#include <brine/cpp/text.hpp>

#endif
