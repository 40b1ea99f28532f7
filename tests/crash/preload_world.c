/* SPDX-License-Identifier: Apache-2.0 */
/* preload_world: stands between the gateway and libc when a test preloads it: memory that is not there, a
 * wall clock that jumps, writes that come short, no random bytes.
 * The test and this library share one page, the file that FLORIN_WORLD_PAGE names; tests/florin_testing/world_page.py knows its
 * shape. */
#undef _FILE_OFFSET_BITS /* the plain names of libc, and those with 64 beside them */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct world_page {
    _Atomic int64_t allocations; /* so far, by the whole process, its libraries included */
    _Atomic int64_t fail_from;   /* the first that fails; 0: none */
    _Atomic int64_t fail_until;  /* the first after it that does not */
    _Atomic int64_t clock_shift_us;
    _Atomic int64_t writes;      /* so far, to files and sockets; very small ones do not count */
    _Atomic int64_t short_from;  /* the first that takes only half; 0: none */
    _Atomic int64_t short_until; /* the first after it that takes all */
    _Atomic int64_t no_random;   /* 1: the kernel gives no random bytes */
};

static struct world_page *page;

__attribute__((constructor)) static void open_page(void)
{
    const char *path = getenv("FLORIN_WORLD_PAGE");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *mapped = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED) page = mapped;
}

/* ---- memory ---- */

/* Where the real one is. `function` is the address of a pointer to a function, which ISO C does not let us convert to. */
static void find_next(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

static int is_chosen(_Atomic int64_t *counter, _Atomic int64_t *from, _Atomic int64_t *until)
{
    int64_t number = atomic_fetch_add(counter, 1) + 1, first = atomic_load(from);
    return first != 0 && number >= first && number < atomic_load(until);
}

static int fails(void)
{
    if (!page || !is_chosen(&page->allocations, &page->fail_from, &page->fail_until)) return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t bytes)
{
    static void *(*next)(size_t);
    if (!next) find_next("malloc", &next);
    return fails() ? NULL : next(bytes);
}

void *realloc(void *block, size_t bytes)
{
    static void *(*next)(void *, size_t);
    if (!next) find_next("realloc", &next);
    return fails() ? NULL : next(block, bytes);
}

/* dlsym itself asks for some of this before it can say where the next one is. */
void *calloc(size_t count, size_t bytes)
{
    static void *(*next)(size_t, size_t);
    static _Thread_local int is_looking;
    static _Alignas(16) char early[4096];
    static size_t early_used;
    if (!next && is_looking) {
        void *piece = early + early_used;
        early_used += (count * bytes + 15) / 16 * 16;
        return early_used <= sizeof early ? piece : NULL;
    }
    is_looking = 1;
    if (!next) find_next("calloc", &next);
    is_looking = 0;
    return fails() ? NULL : next(count, bytes);
}

/* ---- the wall clock ---- */

static int64_t shift_us(void) { return page ? atomic_load(&page->clock_shift_us) : 0; }

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int result = (int)syscall(SYS_clock_gettime, clock, out);
    if (result != 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return result;
    int64_t us = (int64_t)out->tv_sec * 1000000 + out->tv_nsec / 1000 + shift_us();
    out->tv_nsec = us % 1000000 * 1000 + out->tv_nsec % 1000;
    out->tv_sec = us / 1000000;
    return 0;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *out = (struct timeval){ .tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000 };
    return 0;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}

/* ---- writing: the kernel may always take less than it was given ---- */

enum { NEVER_SHORT_BYTES = 8 }; /* an eventfd takes its number whole or not at all */

static size_t taken_of(size_t bytes)
{
    int is_short = page && bytes > NEVER_SHORT_BYTES && is_chosen(&page->writes, &page->short_from, &page->short_until);
    return is_short ? bytes / 2 : bytes;
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) { return syscall(SYS_pwrite64, file, bytes, taken_of(count), at); }
ssize_t write(int file, const void *bytes, size_t count) { return syscall(SYS_write, file, bytes, taken_of(count)); }

ssize_t send(int socket, const void *bytes, size_t count, int flags)
{
    return syscall(SYS_sendto, socket, bytes, taken_of(count), flags, NULL, 0);
}

/* Of several pieces a short writing takes half of the first. */
ssize_t writev(int file, const struct iovec *pieces, int count)
{
    size_t taken = count > 0 ? taken_of(pieces[0].iov_len) : 0;
    if (count == 0 || taken == pieces[0].iov_len) return syscall(SYS_writev, file, pieces, count);
    return syscall(SYS_write, file, pieces[0].iov_base, taken);
}

/* ---- random bytes ---- */

static int is_without_random(void)
{
    if (!page || !atomic_load(&page->no_random)) return 0;
    errno = EIO;
    return 1;
}

ssize_t getrandom(void *bytes, size_t count, unsigned flags)
{
    return is_without_random() ? -1 : syscall(SYS_getrandom, bytes, count, flags);
}

int getentropy(void *bytes, size_t count)
{
    return is_without_random() || syscall(SYS_getrandom, bytes, count, 0) != (ssize_t)count ? -1 : 0;
}

static int open_at(const char *path, int flags, int mode)
{
    int is_random = strncmp(path, "/dev/", 5) == 0 && strstr(path, "random");
    return is_random && is_without_random() ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static int mode_of(int flags, va_list more) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0; }

int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    int mode = mode_of(flags, more);
    va_end(more);
    return open_at(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    int mode = mode_of(flags, more);
    va_end(more);
    return open_at(path, flags, mode);
}
