// SPDX-License-Identifier: Apache-2.0
//
// How the parts of a run find each other: session.h in C++, with the same three rules, so that parts in C and in C++
// may be mixed. What cannot be done is thrown; run() says it and gives the exit status.
#ifndef SESSION_HPP
#define SESSION_HPP

#include <cstdio>
#include <string>
#include <thread>

#include <brine/brine.hpp>

namespace session {

using namespace std::chrono_literals;

// Calls `done` until it is true, and `say` about every five seconds meanwhile.
template <class Done, class Say> void until(Done done, Say say) {
    for (unsigned pauses = 1; !done(); pauses++) {
        std::this_thread::sleep_for(5ms);
        if (pauses % 1000 == 0) say();
    }
}

inline std::uint32_t number(const std::string &text) {
    std::size_t used = 0;
    unsigned long n = text[0] >= '0' && text[0] <= '9' ? std::stoul(text, &used) : 0;
    if (used != text.size() || n < 1 || n > BRINE_CAPACITY_MAX)
        throw std::invalid_argument("\"" + text + "\" is not a whole number from 1 to " +
                                    std::to_string(BRINE_CAPACITY_MAX));
    return static_cast<std::uint32_t>(n);
}

// Makes the pool; replaces one that is left over; waits as long as one of this name is in use.
inline brine::Pool lead(const std::string &name, const std::string &size) {
    brine::PoolOptions options;
    options.max_bytes = brine::parse_size(size);
    brine::Pool pool;
    auto made = [&] {
        auto attempt = brine::Pool::try_create(name, options);
        if (attempt) return pool = std::move(*attempt), true;
        if (attempt.error() != BRINE_EEXIST) attempt.error().raise();
        auto removed = brine::Pool::try_unlink_stale(name);
        if (!removed && removed.error() != BRINE_EBUSY && removed.error() != BRINE_ENOENT) removed.error().raise();
        return false;
    };
    until(made, [&] { std::fprintf(stderr, "pool %s is in use: waiting for it\n", name.c_str()); });
    return pool;
}

// True if a living process serves the pipe.
inline bool is_served(const brine::Pool &pool, const std::string &pipe) {
    pool.reap(); // forgets servers that died
    auto info = brine::attempt([&] { return pool.pipe_info(pipe); });
    return info && info->servers > 0;
}

struct Joined {
    brine::Pool pool;
    brine::Pipe pipe;
};

// Attaches to a pool in which somebody serves the pipe, waiting for both, and connects to it.
inline Joined join(const std::string &name, const std::string &pipe) {
    Joined out;
    auto joined = [&] {
        auto pool = brine::Pool::attach(name);
        if (!is_served(pool, pipe)) return false;
        auto connected = pool.try_connect(pipe);
        if (!connected) return false;
        connected->expect_server(); // its death is to be noticed
        out = {std::move(pool), std::move(*connected)};
        return true;
    };
    until(joined, [&] { std::fprintf(stderr, "nobody serves pipe %s: waiting\n", pipe.c_str()); });
    return out;
}

// Calls use(packet, how many there were before) for each packet of a stream. Their number; -1 if its server died: the
// caller then leaves the pool and joins again.
template <class Use> int each(brine::Pipe &pipe, Use use) {
    for (int packets = 0;; packets++) {
        auto packet = pipe.try_dequeue(brine::forever);
        if (packet)
            use(*packet, packets);
        else if (packet.error() == BRINE_ECLOSED)
            return packets;
        else if (packet.error() == BRINE_EGONE || packet.error() == BRINE_ENOENT)
            return -1; // or the pipe was removed
        else
            packet.error().raise();
    }
}

// Puts a packet into a pipe, however long it is full.
inline void give(brine::Pipe &pipe, brine::Packet packet) {
    for (;;) {
        auto given = pipe.try_enqueue(std::move(packet), 5s); // what it could not give is still in `packet`
        if (given) return;
        if (given.error() != BRINE_ETIMEDOUT) given.error().raise();
        std::fprintf(stderr, "pipe %s is full for 5 seconds ... trying again ...\n", pipe.name().c_str());
    }
}

// Ends the stream once all of it was taken.
inline void end(brine::Pipe &pipe) {
    until([&] { return pipe.size() == 0; },
          [&] {
              std::fprintf(stderr, "waiting for readers of pipe %s: %zu packets left\n", pipe.name().c_str(),
                           pipe.size());
          });
    pipe.close();
}

// Waits until no pipe is in use any more, and removes the pool unless it is to be kept.
inline void finish(brine::Pool &pool, bool keep) {
    auto unused = [&] {
        pool.reap();
        for (const brine::PipeInfo &info : pool.pipes())
            if (info.depth > 0 || info.servers > 0 || info.clients > 0) return false;
        return true;
    };
    until(unused, [] { std::fprintf(stderr, "pipes are still in use: waiting\n"); });
    if (!keep) brine::Pool::unlink(pool.name());
}

// The body of main: 0; 1 and a message if something failed; 2 for a wrong argument.
template <class Body> int run(const char *program, Body body) {
    try {
        body();
        return 0;
    } catch (const std::invalid_argument &e) {
        std::fprintf(stderr, "%s: %s\n", program, e.what());
        return 2;
    } catch (const std::exception &e) {
        std::fprintf(stderr, "%s: %s\n", program, e.what());
        return 1;
    }
}

} // namespace session

#endif
