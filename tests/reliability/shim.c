/* Sits before the C library (LD_PRELOAD): counts the calls that make state last below one folder, and at a chosen one
 * kills the process, tears the write and kills, stops the process (in the middle of a write,
 * too), or lets the call fail. Every such call can be logged, one line each:
 *
 *     NUMBER \t NAME \t PATH [\t NEW PATH]        NUMBER is 0 for a call that is not among those that are counted
 *
 * The plan is read from the environment (KL_ROOT, KL_CALLS, KL_AT, KL_MODE, KL_ERROR, KL_FOREVER, KL_LOG) when the
 * process starts, or handed to kl_arm() later. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PASS, KILL, FAIL, TEAR, HALT, HALVE };

static char root[PATH_MAX];
static char calls[256];
static long chosen;
static int mode, error_number, forever, log_file = -1;
static atomic_long counted;

void kl_arm(const char *folder, const char *names, long at, int what, int error, int always, const char *log) {
    snprintf(root, sizeof root, "%s", folder);
    snprintf(calls, sizeof calls, ",%s,", names);
    chosen = at;
    mode = what;
    error_number = error;
    forever = always;
    atomic_store(&counted, 0);
    if (log && *log)
        log_file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static long number_of(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("KL_ROOT"), *names = getenv("KL_CALLS");
    if (folder && names)
        kl_arm(folder, names, number_of("KL_AT"), (int)number_of("KL_MODE"), (int)number_of("KL_ERROR"),
               (int)number_of("KL_FOREVER"), getenv("KL_LOG"));
}

static void die(void) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;)
        pause();
}

static void halt(void) {
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGSTOP); /* to this thread: it goes no further */
}

static int is_below(const char *path) {
    size_t length = strlen(root);
    return length && strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int place_of_fd(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, (size_t)PATH_MAX - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return is_below(path);
}

static int place_of_name(int folder, const char *name, char *path) {
    char base[PATH_MAX];
    if (name[0] == '/') {
        snprintf(path, PATH_MAX, "%s", name);
    } else {
        if (folder == AT_FDCWD) {
            if (!getcwd(base, sizeof base))
                return 0;
        } else {
            char link[64];
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
            ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, base, sizeof base - 1);
            if (length < 0)
                return 0;
            base[length] = 0;
        }
        if (snprintf(path, PATH_MAX, "%s/%s", base, name) >= PATH_MAX)
            return 0;
    }
    return is_below(path);
}

/* Counts and logs a call; returns what is to become of it (PASS, FAIL, TEAR, HALVE), or does not return. */
static int judge(const char *name, const char *path, const char *target) {
    char wanted[40], line[2 * PATH_MAX + 80];
    snprintf(wanted, sizeof wanted, ",%s,", name);
    long number = strstr(calls, wanted) ? atomic_fetch_add(&counted, 1) + 1 : 0;
    if (log_file >= 0) {
        int length = snprintf(line, sizeof line, "%ld\t%s\t%s%s%s\n", number, name, path, target ? "\t" : "",
                              target ? target : "");
        syscall(SYS_write, log_file, line, (size_t)length);
    }
    if (!number || mode == PASS || !(number == chosen || (forever && number > chosen)))
        return PASS;
    if (mode == KILL)
        die();
    if (mode == HALT) {
        halt();
        return PASS;
    }
    return mode;
}

static int judge_fd(const char *name, int fd) {
    char path[PATH_MAX];
    if (!root[0])
        return PASS;
    int kept = errno, verdict = place_of_fd(fd, path) ? judge(name, path, NULL) : PASS;
    errno = kept;
    return verdict;
}

static int judge_name(const char *name, int folder, const char *given, int other_folder, const char *other) {
    char path[PATH_MAX], target[PATH_MAX];
    if (!root[0])
        return PASS;
    int kept = errno, verdict = PASS;
    if (place_of_name(folder, given, path)) {
        if (other)
            place_of_name(other_folder, other, target);
        verdict = judge(name, path, other ? target : NULL);
    }
    errno = kept;
    return verdict;
}

/* The shim's own thread-safe way to the next definition of a function. */
#define NEXT(type, name, ...)                                                                                          \
    static type (*real)(__VA_ARGS__);                                                                                  \
    if (!real)                                                                                                         \
        real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

#define REFUSE(verdict)                                                                                                \
    do {                                                                                                               \
        if ((verdict) == FAIL) {                                                                                       \
            errno = error_number;                                                                                      \
            return -1;                                                                                                 \
        }                                                                                                              \
        if ((verdict) == TEAR)                                                                                         \
            die();                                                                                                     \
        if ((verdict) == HALVE)                                                                                        \
            halt();                                                                                                    \
    } while (0)

int fsync(int fd) {
    NEXT(int, fsync, int);
    int verdict = judge_fd("fsync", fd);
    REFUSE(verdict);
    return real(fd);
}

int fdatasync(int fd) {
    NEXT(int, fdatasync, int);
    int verdict = judge_fd("fdatasync", fd);
    REFUSE(verdict);
    return real(fd);
}

int rename(const char *from, const char *to) {
    NEXT(int, rename, const char *, const char *);
    int verdict = judge_name("rename", AT_FDCWD, from, AT_FDCWD, to);
    REFUSE(verdict);
    return real(from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    NEXT(int, renameat, int, const char *, int, const char *);
    int verdict = judge_name("rename", from_folder, from, to_folder, to);
    REFUSE(verdict);
    return real(from_folder, from, to_folder, to);
}

int unlink(const char *path) {
    NEXT(int, unlink, const char *);
    int verdict = judge_name("unlink", AT_FDCWD, path, 0, NULL);
    REFUSE(verdict);
    return real(path);
}

int unlinkat(int folder, const char *path, int flags) {
    NEXT(int, unlinkat, int, const char *, int);
    int verdict = judge_name("unlink", folder, path, 0, NULL);
    REFUSE(verdict);
    return real(folder, path, flags);
}

int rmdir(const char *path) {
    NEXT(int, rmdir, const char *);
    int verdict = judge_name("unlink", AT_FDCWD, path, 0, NULL);
    REFUSE(verdict);
    return real(path);
}

int mkdir(const char *path, mode_t permissions) {
    NEXT(int, mkdir, const char *, mode_t);
    int verdict = judge_name("mkdir", AT_FDCWD, path, 0, NULL);
    REFUSE(verdict);
    return real(path, permissions);
}

int ftruncate(int fd, off_t length) {
    NEXT(int, ftruncate, int, off_t);
    int verdict = judge_fd("ftruncate", fd);
    REFUSE(verdict);
    return real(fd, length);
}

int ftruncate64(int fd, off64_t length) {
    NEXT(int, ftruncate64, int, off64_t);
    int verdict = judge_fd("ftruncate", fd);
    REFUSE(verdict);
    return real(fd, length);
}

ssize_t write(int fd, const void *bytes, size_t size) {
    NEXT(ssize_t, write, int, const void *, size_t);
    int verdict = judge_fd("write", fd);
    ssize_t done = 0;
    if (verdict == TEAR || verdict == HALVE)
        done = real(fd, bytes, size / 2);
    REFUSE(verdict);
    if (done < 0)
        return done;
    ssize_t rest = real(fd, (const char *)bytes + done, size - (size_t)done);
    return rest < 0 ? rest : done + rest;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    NEXT(ssize_t, writev, int, const struct iovec *, int);
    int verdict = judge_fd("write", fd); /* one that goes on is stopped before it writes */
    if (verdict == TEAR)
        (void)!real(fd, parts, count > 1 ? count / 2 : count);
    REFUSE(verdict);
    return real(fd, parts, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
    NEXT(ssize_t, pwrite, int, const void *, size_t, off_t);
    int verdict = judge_fd("pwrite64", fd);
    if (verdict == TEAR || verdict == HALVE)
        (void)!real(fd, bytes, size / 2, offset); /* of a write that goes on, the whole follows in the same place */
    REFUSE(verdict);
    return real(fd, bytes, size, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset) {
    NEXT(ssize_t, pwrite64, int, const void *, size_t, off64_t);
    int verdict = judge_fd("pwrite64", fd);
    if (verdict == TEAR || verdict == HALVE)
        (void)!real(fd, bytes, size / 2, offset); /* of a write that goes on, the whole follows in the same place */
    REFUSE(verdict);
    return real(fd, bytes, size, offset);
}

/* FAISS and NumPy write through C streams, whose own writes never leave the C library. */
size_t fwrite(const void *bytes, size_t size, size_t count, FILE *stream) {
    NEXT(size_t, fwrite, const void *, size_t, size_t, FILE *);
    int verdict = judge_fd("write", fileno(stream));
    if (verdict == TEAR) {
        real(bytes, size, count / 2, stream);
        fflush(stream);
        die();
    }
    if (verdict == FAIL) {
        errno = error_number;
        return 0;
    }
    if (verdict == HALVE) {
        size_t done = real(bytes, size, count / 2, stream);
        fflush(stream);
        halt();
        return done + (done == count / 2 ? real((const char *)bytes + size * done, size, count - done, stream) : 0);
    }
    return real(bytes, size, count, stream);
}
