// SPDX-License-Identifier: Apache-2.0
//
// BRINE_CPP_EACH(macro, type, a, b, ...): macro(type, a), macro(type, b), ... for up to 48 names.
#ifndef BRINE_CPP_EACH_HPP
#define BRINE_CPP_EACH_HPP

#define BRINE_CPP_EACH_1(m, t, a) m(t, a)
#define BRINE_CPP_EACH_2(m, t, a, ...) m(t, a), BRINE_CPP_EACH_1(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_3(m, t, a, ...) m(t, a), BRINE_CPP_EACH_2(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_4(m, t, a, ...) m(t, a), BRINE_CPP_EACH_3(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_5(m, t, a, ...) m(t, a), BRINE_CPP_EACH_4(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_6(m, t, a, ...) m(t, a), BRINE_CPP_EACH_5(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_7(m, t, a, ...) m(t, a), BRINE_CPP_EACH_6(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_8(m, t, a, ...) m(t, a), BRINE_CPP_EACH_7(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_9(m, t, a, ...) m(t, a), BRINE_CPP_EACH_8(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_10(m, t, a, ...) m(t, a), BRINE_CPP_EACH_9(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_11(m, t, a, ...) m(t, a), BRINE_CPP_EACH_10(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_12(m, t, a, ...) m(t, a), BRINE_CPP_EACH_11(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_13(m, t, a, ...) m(t, a), BRINE_CPP_EACH_12(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_14(m, t, a, ...) m(t, a), BRINE_CPP_EACH_13(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_15(m, t, a, ...) m(t, a), BRINE_CPP_EACH_14(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_16(m, t, a, ...) m(t, a), BRINE_CPP_EACH_15(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_17(m, t, a, ...) m(t, a), BRINE_CPP_EACH_16(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_18(m, t, a, ...) m(t, a), BRINE_CPP_EACH_17(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_19(m, t, a, ...) m(t, a), BRINE_CPP_EACH_18(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_20(m, t, a, ...) m(t, a), BRINE_CPP_EACH_19(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_21(m, t, a, ...) m(t, a), BRINE_CPP_EACH_20(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_22(m, t, a, ...) m(t, a), BRINE_CPP_EACH_21(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_23(m, t, a, ...) m(t, a), BRINE_CPP_EACH_22(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_24(m, t, a, ...) m(t, a), BRINE_CPP_EACH_23(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_25(m, t, a, ...) m(t, a), BRINE_CPP_EACH_24(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_26(m, t, a, ...) m(t, a), BRINE_CPP_EACH_25(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_27(m, t, a, ...) m(t, a), BRINE_CPP_EACH_26(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_28(m, t, a, ...) m(t, a), BRINE_CPP_EACH_27(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_29(m, t, a, ...) m(t, a), BRINE_CPP_EACH_28(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_30(m, t, a, ...) m(t, a), BRINE_CPP_EACH_29(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_31(m, t, a, ...) m(t, a), BRINE_CPP_EACH_30(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_32(m, t, a, ...) m(t, a), BRINE_CPP_EACH_31(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_33(m, t, a, ...) m(t, a), BRINE_CPP_EACH_32(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_34(m, t, a, ...) m(t, a), BRINE_CPP_EACH_33(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_35(m, t, a, ...) m(t, a), BRINE_CPP_EACH_34(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_36(m, t, a, ...) m(t, a), BRINE_CPP_EACH_35(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_37(m, t, a, ...) m(t, a), BRINE_CPP_EACH_36(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_38(m, t, a, ...) m(t, a), BRINE_CPP_EACH_37(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_39(m, t, a, ...) m(t, a), BRINE_CPP_EACH_38(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_40(m, t, a, ...) m(t, a), BRINE_CPP_EACH_39(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_41(m, t, a, ...) m(t, a), BRINE_CPP_EACH_40(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_42(m, t, a, ...) m(t, a), BRINE_CPP_EACH_41(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_43(m, t, a, ...) m(t, a), BRINE_CPP_EACH_42(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_44(m, t, a, ...) m(t, a), BRINE_CPP_EACH_43(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_45(m, t, a, ...) m(t, a), BRINE_CPP_EACH_44(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_46(m, t, a, ...) m(t, a), BRINE_CPP_EACH_45(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_47(m, t, a, ...) m(t, a), BRINE_CPP_EACH_46(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_48(m, t, a, ...) m(t, a), BRINE_CPP_EACH_47(m, t, __VA_ARGS__)
#define BRINE_CPP_EACH_PICK(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19, _20, \
                            _21, _22, _23, _24, _25, _26, _27, _28, _29, _30, _31, _32, _33, _34, _35, _36, _37, _38,  \
                            _39, _40, _41, _42, _43, _44, _45, _46, _47, _48, n, ...)                                  \
    BRINE_CPP_EACH_##n
#define BRINE_CPP_EACH_COUNT(...)                                                                                      \
    BRINE_CPP_EACH_PICK(__VA_ARGS__, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29,   \
                        28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4,  \
                        3, 2, 1, 0)
#define BRINE_CPP_EACH(m, t, ...) BRINE_CPP_EACH_COUNT(__VA_ARGS__)(m, t, __VA_ARGS__)

#endif
