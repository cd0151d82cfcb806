/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines: what the helpers make of every number, and that an absolute one does not move. */
#include <math.h>
#include <time.h>

#include "base/clock.h"
#include "check.h"

static void check_until(brine_deadline d, int64_t least, int64_t most) {
    int64_t before = brine__now_ns(), at = brine_until(d).ns, after = brine__now_ns();
    CHECK(at >= before + least && at <= after + most);
    CHECK_EQ_INT(brine_until((brine_deadline){at}).ns, at);
}

int main(void) {
    CHECK_EQ_INT(brine_now().ns, 0);
    CHECK_EQ_INT(brine_forever().ns, INT64_MAX);
    CHECK_EQ_INT(brine_nanoseconds(5).ns, -5);
    CHECK_EQ_INT(brine_nanoseconds(0).ns, 0);
    CHECK_EQ_INT(brine_nanoseconds(-5).ns, 0);
    CHECK_EQ_INT(brine_nanoseconds(INT64_MIN).ns, 0);
    CHECK_EQ_INT(brine_milliseconds(3).ns, -3000000);
    CHECK_EQ_INT(brine_milliseconds(0).ns, 0);
    CHECK_EQ_INT(brine_milliseconds(-1).ns, 0);
    CHECK_EQ_INT(brine_milliseconds(INT64_MAX).ns, INT64_MAX);
    /* so far below zero that the product would wrap round to a very long wait */
    CHECK_EQ_INT(brine_milliseconds(-9223372036855).ns, 0);
    CHECK_EQ_INT(brine_milliseconds(INT64_MIN).ns, 0);
    CHECK_EQ_INT(brine_seconds(1.5).ns, -1500000000);
    CHECK_EQ_INT(brine_seconds(0).ns, 0);
    CHECK_EQ_INT(brine_seconds(-1).ns, 0);
    CHECK_EQ_INT(brine_seconds(NAN).ns, 0);
    CHECK_EQ_INT(brine_seconds(-INFINITY).ns, 0);
    CHECK_EQ_INT(brine_seconds(INFINITY).ns, INT64_MAX);
    CHECK_EQ_INT(brine_seconds(1e300).ns, INT64_MAX);
    CHECK_EQ_INT(brine_seconds(1e-12).ns, 0);

    CHECK_EQ_INT(brine_until(brine_now()).ns, 0);
    CHECK_EQ_INT(brine_until(brine_forever()).ns, INT64_MAX);
    CHECK_EQ_INT(brine_until((brine_deadline){12345}).ns, 12345);
    check_until(brine_seconds(2), 2000000000, 2000000000);
    check_until(brine_milliseconds(1), 1000000, 1000000);
    /* further away than the clock can say: never */
    CHECK_EQ_INT(brine_until(brine_nanoseconds(INT64_MAX)).ns, INT64_MAX);
    CHECK_EQ_INT(brine_until((brine_deadline){INT64_MIN}).ns, INT64_MAX);

    CHECK(brine__passed(brine_now()));
    CHECK(!brine__passed(brine_forever()));
    CHECK(!brine__passed(brine_until(brine_seconds(60))));
    CHECK(brine__passed((brine_deadline){1}));
    return 0;
}
