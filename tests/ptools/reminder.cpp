// SPDX-License-Identifier: Apache-2.0
// Values in memory that the program brings: SHMCreate, SHMAttach, SHMInitialize, CreateStreamingPool, as a program for
// PicklingTools has them; and what is left over of them.
#include "shmboot.h"

#include "checking.hpp"

static void in_own_memory() {
    const size_t bytes = 1024 * 1024;
    vector<char> own(bytes);
    char *mem = own.data();
    StreamingPool *shm = StreamingPool::CreateStreamingPool(mem, bytes, 8);
    Val v = Shared(shm, Tab());
    v["a"] = "hello"; // Table and keys and values in shared memory
    CHECK(IsSHM(shm, v) && IsSHM(v["a"]));
    CHECK_PRINTS(v, "{'a': 'hello'}");
    CHECK(shm->bytes() >= bytes && !shm->isFull() && shm->biggestFreeBlock() > 0);
    char *raw = shm->allocate(1000);
    CHECK(InSHM(shm, raw) && !InSHM(shm, mem));
    shm->deallocate(raw);
    CHECK_THROWS(shm->deallocate(raw), BRINE_EINVAL);
}

static void in_a_region() {
    size_t bytes = 1024 * 1024;
    char *mem = SHMCreate("shm_region", bytes);
    CHECK(!SHMInitialized(mem));
    const pid_t other = fork();
    if (other == 0) {
        size_t there = 0;
        char *attached = SHMAttach("/shm_region", NULL, there);
        CHECK_EQ_INT(there, bytes);
        while (!SHMInitialized(attached, there)) usleep(1000);
        CHECK_STR(attached, "filled in");
        StreamingPool *shm = StreamingPool::CreateStreamingPool(attached, bytes, 8); // the same pool
        CHECK(shm->name() == "shm_region.pool");
        brine_pipe *pipe;
        CHECK_OK(brine_pipe_connect(shm->get(), "p", brine_seconds(10), &pipe));
        brine_packet packet;
        CHECK_OK(brine_dequeue(pipe, &packet, brine_seconds(10)));
        CHECK_STR(brine_get_str(brine_root(packet), "a", ""), "hello");
        SHMDetach(attached, there);
        _exit(0);
    }
    StreamingPool *shm = StreamingPool::CreateStreamingPool(mem, bytes, 8);
    Val v = Shared(shm, Tab());
    v["a"] = "hello";
    brine_pipe *pipe;
    CHECK_OK(brine_pipe_serve(shm->get(), "p", 4, &pipe));
    CQ queue(shm->shared_from_this(), pipe);
    queue.enq(v);
    strcpy(mem, "filled in");
    SHMInitialize(mem, bytes);
    CHECK_EXIT(other, 0);
    CHECK_THROWS(SHMInitialize(mem + 1), BRINE_EINVAL);
    char *again = SHMCreate("shm_region", bytes); // made anew; who has the old one keeps it
    CHECK(again[0] == 0 && mem[0] == 'f');
    SHMUnlink("shm_region");
    const pid_t waiting = fork();
    if (waiting == 0) _exit(SHMAttach("shm_region")[1]); // waits for the next one
    usleep(20000);
    CHECK(waitpid(waiting, nullptr, WNOHANG) == 0);
    char *forced = SHMCreate("shm_region", bytes, false, (void *)0x700000000000ULL);
    forced[1] = 7; // it may see the 0 before
    int status = 0;
    CHECK(waitpid(waiting, &status, 0) == waiting && WIFEXITED(status));
    SHMUnlink("/shm_region");
    SHMDetach(mem);
    SHMDetach(again);
    SHMDetach(forced);
    CHECK_PRINTS(v, "{'a': 'hello'}"); // its pool lasts as long as it
}

int main() {
    in_own_memory();
    in_a_region();
    return 0;
}
