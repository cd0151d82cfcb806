// SPDX-License-Identifier: Apache-2.0
// What the tests of the PicklingTools vocabulary share.
#ifndef TESTS_PTOOLS_CHECKING_HPP
#define TESTS_PTOOLS_CHECKING_HPP

#include "check.h"
#include "shmboot.h"

// The value prints so.
#define CHECK_PRINTS(value, expected)                                                                                  \
    do {                                                                                                               \
        const std::string check_printed = Stringize(value);                                                            \
        CHECK_STR(check_printed.c_str(), expected);                                                                    \
    } while (0)

// The expression throws an Error with this status.
#define CHECK_THROWS(expression, expected)                                                                             \
    do {                                                                                                               \
        int check_status = 0;                                                                                          \
        try {                                                                                                          \
            (void)(expression);                                                                                        \
        } catch (const Error &error) {                                                                                 \
            check_status = error.status();                                                                             \
            CHECK(error.what()[0] != '\0');                                                                            \
        }                                                                                                              \
        CHECK_EQ_INT(check_status, expected);                                                                          \
    } while (0)

/// Whether a pool has the name.
inline bool there(const std::string &region) {
    return access((std::string(getenv("BRINE_DIR")) + "/brine." + region).c_str(), F_OK) == 0;
}

/// Packets in use in a pool.
inline int_8 packets_in(StreamingPool *pool) {
    brine_pool_info info;
    CHECK_OK(brine_pool_get_info(pool->get(), &info));
    return static_cast<int_8>(info.packets);
}

#endif
