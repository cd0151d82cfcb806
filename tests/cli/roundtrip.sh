#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test: timeout=120
# Lines of JSON come out as Python's json.dumps(json.loads(line)) writes them, byte for byte.
. "$(dirname "$0")/helpers.bash"
need_python

expected() {
    python3 -c 'import json, sys
sys.set_int_max_str_digits(0) if hasattr(sys, "set_int_max_str_digits") else None
for line in sys.stdin.buffer:
    text = line.decode()
    if text.strip():
        print(json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False))' <"$1"
}

round_trip() {
    "$BRINE" put --create 64M trip lines "$1" 2>put.err &
    expect 0 brine get trip lines
    joined $!
    expected "$1" >wanted
    cmp out wanted || fail "$1: $(diff out wanted | head -n 4 | cut -c 1-300)"
    expect 0 brine check trip
    brine rm trip
}

cat >values.ndjson <<'EOT'
{"a": 1, "b": [true, false, null], "c": {"d": {}, "e": []}}
[]
{}
"text"
0
-0
-0.0
1e5
1E-7
1.0
0.1
123456789012345678901234567890
-340282366920938463463374607431768211456
18446744073709551615
9223372036854775808
-9223372036854775808
3.141592653589793
5e-324
1.7976931348623157e308
2.2250738585072014e-308
1e16
1e22
123456789.123456789
null
  [ 1 , 2 ]  

{"duplicate": 1, "other": 2, "duplicate": 3}
{"": "", "a": {"": [[[[[[]]]]]]}}
"caf\u00e9 \u00e9 日本 \ud83d\ude00 \"\\\/\b\f\n\r\t\u0000\u001f\u007f\u2028"
{"日本": "語"}
NaN
[Infinity, -Infinity]
{"1": 1, "01": 2, "1.0": 3}
EOT
round_trip values.ndjson

python3 - >random.ndjson <<'EOT'
import json, random
random.seed(20240611)
print("seed 20240611", file=__import__("sys").stderr)
def value(depth):
    kind = random.randrange(9 if depth < 5 else 6)
    if kind == 0: return random.choice([None, True, False])
    if kind == 1: return random.randrange(-2 ** random.randrange(1, 200), 2 ** random.randrange(1, 200))
    if kind == 2: return random.uniform(-1, 1) * 10 ** random.randrange(-300, 300)
    if kind == 3: return random.randrange(-100, 100) / 4
    if kind in (4, 5): return "".join(chr(random.choice([random.randrange(32, 127), random.randrange(0, 32), random.randrange(0x80, 0xd800), random.randrange(0x10000, 0x110000)])) for _ in range(random.randrange(40)))
    if kind in (6, 7): return [value(depth + 1) for _ in range(random.randrange(6))]
    return {str(value(9)): value(depth + 1) for _ in range(random.randrange(30))}
for i in range(1000): print(json.dumps(value(0), ensure_ascii=random.random() < 0.5))
EOT
round_trip random.ndjson

# Other inputs: one document per file, Python literals, several files, standard input.
printf '{\n "a": [1,\n 2]\n}\n' >a.json
printf '[\n]' >b.json
expect 0 brine put --create 16M trip docs --json a.json b.json
expect 0 brine get trip docs
printed $'{"a":[1,2]}\n[]'
printf "{'a': (1, 2), b'k': 0x10}\n1+2j\n'it''s'\n" >c.lit
expect 0 brine put trip literals --literal c.lit
expect 0 brine peek --literal --all trip literals
printed "{'a': (1, 2), b'k': 16}
(1+2j)
'its'"
expect 0 brine get trip literals --literal
printed "{'a': (1, 2), b'k': 16}
(1+2j)
'its'"
expect 0 brine put trip more --keep-open values.ndjson - <<<'"stdin"'
expect 3 brine get trip more --timeout 0
[ "$(tail -n 1 out)" = '"stdin"' ] || fail "the last of several inputs: $(tail -n 1 out)"
expect 0 brine put trip pretty <<<'{"b": 1, "a": [1, 2.5, "x"]}'
expect 0 brine peek trip pretty --pretty
expect 0 brine peek trip pretty --indent --sort
python3 -c 'import json; print(json.dumps({"a": [1, 2.5, "x"], "b": 1}, indent=4))' >wanted
python3 -c 'import json, sys; assert json.load(open("out")) == json.load(open("wanted"))' || fail "--indent: $(cat out)"
expect 0 brine get trip pretty --ascii
expect 0 brine rm trip

for file in amazon_cellphones.ndjson; do
    [ -r "$test_data/$file" ] || skip "no $test_data/$file; everything else passed"
    round_trip "$test_data/$file"
done
for file in twitter canada github_events; do
    [ -r "$test_data/$file.json" ] || skip "no $test_data/$file.json; everything else passed"
    "$BRINE" put --create 256M trip docs --json "$test_data/$file.json" &
    expect 0 brine get trip docs
    joined $!
    python3 -c 'import json, sys; print(json.dumps(json.load(open(sys.argv[1])), separators=(",", ":"), ensure_ascii=False))' \
        "$test_data/$file.json" >wanted
    cmp out wanted || fail "$file.json"
    brine rm trip
done
no_pools
