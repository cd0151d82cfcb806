/* SPDX-License-Identifier: Apache-2.0 */
/* value: names of nd-array element types; see text_dtype.h. */
#include "value/text_dtype.h"

/* seed: the letters that the seed prints, those of Numeric; numpy's name where it has one letter for two types. */
static const struct {
    brine_type type;
    const char *code, *name, *seed;
} dtypes[] = {
    {BRINE_BOOL, "b1", "bool", "b1"},    {BRINE_I8, "i1", "int8", "1"},          {BRINE_U8, "u1", "uint8", "b"},
    {BRINE_I16, "i2", "int16", "s"},     {BRINE_U16, "u2", "uint16", "w"},       {BRINE_I32, "i4", "int32", "i"},
    {BRINE_U32, "u4", "uint32", "u"},    {BRINE_I64, "i8", "int64", "l"},        {BRINE_U64, "u8", "uint64", "u8"},
    {BRINE_F16, "f2", "float16", "f2"},  {BRINE_F32, "f4", "float32", "f"},      {BRINE_F64, "f8", "float64", "d"},
    {BRINE_C64, "c8", "complex64", "F"}, {BRINE_C128, "c16", "complex128", "D"},
};
enum { DTYPES = sizeof dtypes / sizeof *dtypes };

const char *brine__dtype_text(brine_type dtype, bool seed) {
    for (int i = 0; i < DTYPES; i++)
        if (dtypes[i].type == dtype) return seed ? dtypes[i].seed : dtypes[i].code;
    return "?";
}

static bool same(const char *name, const char *text, size_t length) {
    return strlen(name) == length && memcmp(name, text, length) == 0;
}

brine_type brine__text_dtype(const char *text, size_t length) {
    if (length > 1 && (text[0] == '<' || text[0] == '=' || text[0] == '|')) {
        text++;
        length--;
    }
    for (int i = 0; i < DTYPES; i++)
        if (same(dtypes[i].code, text, length) || same(dtypes[i].name, text, length) ||
            same(dtypes[i].seed, text, length))
            return dtypes[i].type;
    return BRINE_INVALID;
}
