// SPDX-License-Identifier: Apache-2.0
//
// Contestants that are written in Python: bench/peers/values.py in a process of its own, pinned as we are. It prints
// "ok FIGURE" or "wrong", once.
#ifndef BENCH_EXTERNAL_HPP
#define BENCH_EXTERNAL_HPP

#include "measure.hpp"

namespace bench {

inline std::string python() {
    const char *chosen = std::getenv("BENCH_PYTHON");
    return chosen && *chosen ? chosen : "python3";
}

// Standard output of a command; empty if it failed.
inline std::string output_of(const std::string &command) {
    std::string text;
    char buffer[4096];
    FILE *pipe = popen(command.c_str(), "r");
    if (!pipe) return text;
    for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, n);
    return pclose(pipe) == 0 ? text : "";
}

inline std::string in_quotes(const std::string &word) { // for the shell
    std::string text = "'";
    for (char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
    return text + "'";
}

// "" or why Python cannot take part.
inline const std::string &external_missing() {
    static const std::string missing =
        output_of(in_quotes(python()) + " -c 'print(1)' 2>/dev/null").empty() ? "no " + python() : "";
    return missing;
}

inline Sample external(const std::vector<std::string> &arguments) {
    Sample sample;
    std::string command = in_quotes(python()) + " " + in_quotes(std::string(BENCH_FOLDER) + "/peers/values.py");
    for (const std::string &argument : arguments) command += " " + in_quotes(argument);
    std::string answer = output_of(command);
    sample.ok = answer.rfind("ok ", 0) == 0;
    if (sample.ok)
        sample.figure = std::strtod(answer.c_str() + 3, nullptr);
    else
        sample.note = "values.py answered \"" + answer + "\"";
    return sample;
}

} // namespace bench

#endif
