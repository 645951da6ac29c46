/* Many HTTP/1.1 clients in one process, each on a connection that it keeps. Every byte of every body is compared with the file.
 *
 * One line of "key value" pairs on standard output. --path and --file name many files where they hold %d. Each client fetches again
 * and again, the next file each time, until the time is up, or as many times as --fetches says. --sources spreads the clients over so
 * many addresses of loopback, from 127.0.0.2 on.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 512 * 1024 };

struct file {
    const uint8_t *content;
    size_t size;
};

struct client {
    int fd, index, active;
    int fetched;           /* bodies that came whole */
    const struct file *of; /* what is being fetched */
    size_t from, to, at;   /* the bytes asked for, and how far they have come */
    int in_body;
    char head[8192];
    size_t head_length;
    double began;
};

static struct {
    const char *server, *path, *file;
    int port, clients, files, fetches, sources;
    double seconds;
    size_t range;
} want = {.server = "127.0.0.1", .port = 8069, .clients = 1, .files = 1, .seconds = 2};

static struct file *files;
static int poller;
static struct sockaddr_in listener;
static uint64_t bytes, done, bad, refused, seed = 88172645463325252ull;
static double *times;
static size_t timed, room;

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

static void die(const char *what)
{
    perror(what);
    exit(2);
}

static uint64_t any(void)
{
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return seed;
}

static void open_files(void)
{
    files = calloc((size_t)want.files, sizeof *files);
    for (int index = 0; index < want.files; index++) {
        char name[4096];
        snprintf(name, sizeof name, want.file, index);
        int fd = open(name, O_RDONLY);
        struct stat status;
        if (fd < 0 || fstat(fd, &status)) die(name);
        files[index].size = (size_t)status.st_size;
        files[index].content = mmap(0, files[index].size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
        if (files[index].content == MAP_FAILED) die("mmap");
        close(fd);
    }
}

static void request(struct client *one, double at)
{
    char path[2048], range[80] = "", text[4096];
    int number = (one->index + one->fetched) % want.files;
    one->of = &files[number];
    one->from = 0, one->to = one->of->size;
    if (want.range && want.range < one->of->size) {
        one->from = any() % (one->of->size - want.range);
        one->to = one->from + want.range;
        snprintf(range, sizeof range, "Range: bytes=%zu-%zu\r\n", one->from, one->to - 1);
    }
    one->at = one->from, one->in_body = 0, one->head_length = 0, one->began = at;
    snprintf(path, sizeof path, want.path, number);
    int length = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUser-Agent: httpload\r\nAccept: */*\r\n%s\r\n", path,
                          want.server, want.port, range);
    if (send(one->fd, text, (size_t)length, MSG_NOSIGNAL) != length) refused++, one->active = 0;
}

static void connect_to(struct client *one, double at)
{
    one->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (one->fd < 0) die("socket");
    int on = 1;
    setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (want.sources) {
        struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002u + (uint32_t)(one->index % want.sources))};
        if (bind(one->fd, (struct sockaddr *)&own, sizeof own)) die("bind");
    }
    if (connect(one->fd, (struct sockaddr *)&listener, sizeof listener)) die("connect");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, one->fd, &event)) die("epoll_ctl");
    one->active = 1;
    request(one, at);
}

static void finish(struct client *one, double at)
{
    done++, one->fetched++;
    if (timed == room) times = realloc(times, (room = room ? 2 * room : 4096) * sizeof *times);
    times[timed++] = at - one->began;
    if (want.fetches && one->fetched == want.fetches) one->active = 0;
    else request(one, at);
}

/* The head must say what was asked for: status, length, and for a part which one. */
static int right(const struct client *one, const char *head)
{
    int part = one->to - one->from != one->of->size;
    if (strncmp(head, part ? "HTTP/1.1 206 " : "HTTP/1.1 200 ", 13)) return 0;
    const char *length = strcasestr(head, "\r\nContent-Length:"), *range = strcasestr(head, "\r\nContent-Range: bytes ");
    if (!length || strtoull(length + 17, 0, 10) != one->to - one->from) return 0;
    return !part || (range && strtoull(range + 23, 0, 10) == one->from);
}

/* How many of `length` bytes belong to the head; when it ends here, the body begins. */
static size_t read_head(struct client *one, const uint8_t *data, size_t length)
{
    size_t before = one->head_length, room_left = sizeof one->head - 1 - before, take = length < room_left ? length : room_left;
    memcpy(one->head + before, data, take);
    one->head[before + take] = 0;
    char *end = strstr(one->head, "\r\n\r\n");
    if (!end) {
        one->head_length += take;
        if (one->head_length == sizeof one->head - 1) refused++, one->active = 0;
        return length;
    }
    end[2] = 0;
    if (!right(one, one->head)) {
        if (!refused++) fprintf(stderr, "not what was asked for: %s\n", one->head);
        one->active = 0;
    }
    one->in_body = 1;
    return (size_t)(end + 4 - one->head) - before;
}

static void receive(struct client *one, double at)
{
    static uint8_t buffer[ROOM];
    ssize_t length = recv(one->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (length <= 0) {
        refused++, one->active = 0;
        return;
    }
    size_t used = one->in_body ? 0 : read_head(one, buffer, (size_t)length), came = (size_t)length - used;
    if (!one->active || !one->in_body) return;
    if (came > one->to - one->at || memcmp(one->of->content + one->at, buffer + used, came)) {
        bad++, one->active = 0;
        return;
    }
    one->at += came, bytes += came;
    if (one->at == one->to) finish(one, at);
}

static int ascending(const void *left, const void *right)
{
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static double quantile(double part)
{
    if (!timed) return 0;
    size_t at = (size_t)(part * (double)timed);
    return times[at < timed ? at : timed - 1] * 1000;
}

int main(int count, char **words)
{
    static const struct option known[] = {
        {"server", 1, 0, 's'}, {"port", 1, 0, 'p'}, {"path", 1, 0, 'n'}, {"file", 1, 0, 'f'}, {"clients", 1, 0, 'c'},
        {"files", 1, 0, 'm'}, {"fetches", 1, 0, 'o'}, {"seconds", 1, 0, 't'}, {"range", 1, 0, 'r'}, {"sources", 1, 0, 'a'}, {0}};
    for (int option; (option = getopt_long(count, words, "", known, 0)) != -1;) {
        switch (option) {
        case 's': want.server = optarg; break;
        case 'p': want.port = atoi(optarg); break;
        case 'n': want.path = optarg; break;
        case 'f': want.file = optarg; break;
        case 'c': want.clients = atoi(optarg); break;
        case 'm': want.files = atoi(optarg); break;
        case 'o': want.fetches = atoi(optarg); break;
        case 't': want.seconds = atof(optarg); break;
        case 'a': want.sources = atoi(optarg); break;
        case 'r': want.range = strtoull(optarg, 0, 10); break;
        default: return 2;
        }
    }
    if (!want.path || !want.file) {
        fputs("httpload: --path and --file are needed\n", stderr);
        return 2;
    }
    open_files();
    listener = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)want.port)};
    if (inet_pton(AF_INET, want.server, &listener.sin_addr) != 1) die(want.server);
    poller = epoll_create1(0);
    struct client *all = calloc((size_t)want.clients, sizeof *all);
    double start = now(), at = start, end = start + want.seconds;
    for (int index = 0; index < want.clients; index++) all[index].index = index, connect_to(&all[index], now());
    int active = want.clients;
    while (active && at < end) {
        struct epoll_event events[256];
        int ready = epoll_wait(poller, events, 256, 20);
        at = now();
        for (int index = 0; index < ready; index++) {
            struct client *one = events[index].data.ptr;
            if (!one->active) continue;
            receive(one, at);
            if (one->active) continue;
            active--;
            close(one->fd);
        }
    }
    double wall = at - start;
    qsort(times, timed, sizeof *times, ascending);
    printf("wall %.4f bytes %llu done %llu unfinished %d bad %llu refused %llu p50 %.3f p99 %.3f max %.3f\n", wall, (unsigned long long)bytes,
           (unsigned long long)done, want.fetches ? active : 0, (unsigned long long)bad, (unsigned long long)refused, quantile(0.5),
           quantile(0.99), quantile(1));
    return bad != 0;
}
