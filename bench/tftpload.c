/* Many TFTP clients in one process: RFC 1350 with blksize and windowsize (RFC 2348, 7440). Every byte is compared with the file.
 *
 * One line of "key value" pairs on standard output. Each client has a socket of its own and fetches again and again until the
 * time is up, or once. A client's own timer is 1 s for its request and `patience` for the rest, as firmware has it.
 * With --whole a client takes what was sent in one call as it was sent (UDP_GRO), so that cutting it into datagrams is not done by
 * the kernel on the server's core, as it is not where a network card does it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { RRQ = 1, DATA = 3, ACK = 4, ERROR = 5, OACK = 6 };

struct client {
    int fd, index, active;
    int connected;            /* the server's transfer identifier is known */
    uint32_t block;           /* the last one in order */
    uint32_t since_ack;       /* blocks of this window seen */
    size_t at;                /* bytes received */
    double began, heard, due; /* the request, the last packet, the next resend */
    double longest;           /* without a packet, while a transfer ran */
    int gap_acked, served;
};

static struct {
    const char *server, *name, *file;
    int port, clients, blksize, window, once, sources, whole;
    double seconds, loss, patience;
} want = {.server = "127.0.0.1", .port = 69, .clients = 1, .blksize = 1468, .window = 1, .seconds = 2, .patience = 5, .sources = 1};

static const uint8_t *content;
static size_t size;
static int poller;
static struct sockaddr_in listener;
static uint64_t bytes, blocks, done, resent_requests, resent_acks, bad, refused, seed = 88172645463325252ull;
static double *times;
static size_t timed, room;

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

static int lost(void)
{
    if (want.loss <= 0) return 0;
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return (double)(seed >> 11) / (double)(1ull << 53) < want.loss;
}

static void die(const char *what)
{
    perror(what);
    exit(2);
}

static void request(struct client *one)
{
    char packet[512];
    int length = 2;
    packet[0] = 0, packet[1] = RRQ;
    length += sprintf(packet + length, "%s", want.name) + 1;
    length += sprintf(packet + length, "octet") + 1;
    if (want.blksize != 512) {
        length += sprintf(packet + length, "blksize") + 1;
        length += sprintf(packet + length, "%d", want.blksize) + 1;
    }
    if (want.window > 1) {
        length += sprintf(packet + length, "windowsize") + 1;
        length += sprintf(packet + length, "%d", want.window) + 1;
    }
    sendto(one->fd, packet, length, 0, (struct sockaddr *)&listener, sizeof listener);
}

static void begin(struct client *one, double at)
{
    if (one->fd >= 0) close(one->fd);
    one->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (one->fd < 0) die("socket");
    int large = 1 << 20;
    setsockopt(one->fd, SOL_SOCKET, SO_RCVBUF, &large, sizeof large);
    if (want.whole && setsockopt(one->fd, SOL_UDP, UDP_GRO, &(int){1}, sizeof(int))) die("UDP_GRO");
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = listener.sin_addr.s_addr};
    if (want.sources > 1) own.sin_addr.s_addr = htonl(0x7f010001u + (uint32_t)(one->index % want.sources));
    if (ntohl(listener.sin_addr.s_addr) >> 24 == 127 && bind(one->fd, (struct sockaddr *)&own, sizeof own)) die("bind");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, one->fd, &event)) die("epoll_ctl");
    one->active = 1, one->connected = 0, one->block = 0, one->since_ack = 0, one->at = 0, one->gap_acked = 0;
    one->began = one->heard = at, one->due = at + 1;
    request(one);
}

static void acknowledge(struct client *one, double at)
{
    uint8_t packet[4] = {0, ACK, (uint8_t)(one->block >> 8), (uint8_t)one->block};
    one->since_ack = 0;
    one->due = at + want.patience;
    if (!lost()) send(one->fd, packet, 4, 0);
}

static void finish(struct client *one, double at)
{
    if (one->at != size) bad++;
    done++;
    if (timed == room) times = realloc(times, (room = room ? 2 * room : 4096) * sizeof *times);
    times[timed++] = at - one->began;
    one->active = 0;
}

static void stop(struct client *one)
{
    one->active = 0;
    close(one->fd);
    one->fd = -1;
}

static void data(struct client *one, const uint8_t *packet, size_t length, double at)
{
    uint16_t number = (uint16_t)(packet[2] << 8 | packet[3]);
    uint16_t ahead = (uint16_t)(number - (uint16_t)one->block);
    if (ahead != 1) { /* the last one again, or a gap: say where we are, once for a gap (RFC 7440 section 4) */
        if (!ahead) acknowledge(one, at);
        else if (ahead < 0x8000 && !one->gap_acked) one->gap_acked = 1, acknowledge(one, at);
        return;
    }
    size_t payload = length - 4;
    if (one->at + payload > size || memcmp(content + one->at, packet + 4, payload)) {
        bad++;
        stop(one);
        return;
    }
    one->gap_acked = 0;
    one->block++, one->at += payload, one->since_ack++, one->served = 1;
    bytes += payload, blocks++;
    int last = payload < (size_t)want.blksize;
    if (last || one->since_ack >= (uint32_t)want.window) acknowledge(one, at);
    if (last) finish(one, at);
}

/* One datagram, or with --whole what was sent in one call: `each` is then the size of its datagrams. */
static ssize_t take(struct client *one, uint8_t *packet, size_t room_for, struct sockaddr_in *from, size_t *each)
{
    socklen_t length_of = sizeof *from;
    *each = 0;
    if (!want.whole) return one->connected ? recv(one->fd, packet, room_for, 0) : recvfrom(one->fd, packet, room_for, 0, (void *)from, &length_of);
    char words[CMSG_SPACE(sizeof(int))];
    struct iovec where = {packet, room_for};
    struct msghdr message = {.msg_name = from, .msg_namelen = length_of, .msg_iov = &where, .msg_iovlen = 1, .msg_control = words, .msg_controllen = sizeof words};
    ssize_t length = recvmsg(one->fd, &message, 0);
    struct cmsghdr *word = length < 0 ? NULL : CMSG_FIRSTHDR(&message);
    if (word && word->cmsg_level == SOL_UDP && word->cmsg_type == UDP_GRO) *each = (size_t)*(int *)CMSG_DATA(word);
    return length;
}

static void receive(struct client *one, double at)
{
    static uint8_t packet[65536];
    while (one->active) {
        struct sockaddr_in from;
        size_t each;
        ssize_t length = take(one, packet, sizeof packet, &from, &each);
        if (length < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK) refused++, stop(one);
            return;
        }
        if (length < 4 || packet[0]) continue;
        if (packet[1] == DATA && lost()) continue;
        if (!one->connected) {
            if (connect(one->fd, (struct sockaddr *)&from, sizeof from)) die("connect");
            one->connected = 1;
        }
        if (at - one->heard > one->longest) one->longest = at - one->heard;
        one->heard = at;
        if (packet[1] == OACK && one->block == 0 && one->at == 0) acknowledge(one, at);
        else if (packet[1] == DATA) {
            size_t total = (size_t)length, step = each ? each : total;
            for (size_t start = 0; start < total && one->active; start += step)
                data(one, packet + start, total - start < step ? total - start : step, at);
        }
        else if (packet[1] == ERROR) refused++, stop(one);
    }
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
        {"server", 1, 0, 's'}, {"port", 1, 0, 'p'}, {"name", 1, 0, 'n'}, {"file", 1, 0, 'f'}, {"clients", 1, 0, 'c'},
        {"blksize", 1, 0, 'b'}, {"window", 1, 0, 'w'}, {"seconds", 1, 0, 't'}, {"loss", 1, 0, 'l'}, {"once", 0, 0, 'o'},
        {"sources", 1, 0, 'a'}, {"patience", 1, 0, 'i'}, {"whole", 0, 0, 'g'}, {0}};
    for (int option; (option = getopt_long(count, words, "", known, 0)) != -1;) {
        switch (option) {
        case 's': want.server = optarg; break;
        case 'p': want.port = atoi(optarg); break;
        case 'n': want.name = optarg; break;
        case 'f': want.file = optarg; break;
        case 'c': want.clients = atoi(optarg); break;
        case 'b': want.blksize = atoi(optarg); break;
        case 'w': want.window = atoi(optarg); break;
        case 't': want.seconds = atof(optarg); break;
        case 'l': want.loss = atof(optarg); break;
        case 'a': want.sources = atoi(optarg); break;
        case 'i': want.patience = atof(optarg); break;
        case 'o': want.once = 1; break;
        case 'g': want.whole = 1; break;
        default: return 2;
        }
    }
    if (!want.name || !want.file) {
        fputs("tftpload: --name and --file are needed\n", stderr);
        return 2;
    }
    int fd = open(want.file, O_RDONLY);
    struct stat status;
    if (fd < 0 || fstat(fd, &status)) die(want.file);
    size = (size_t)status.st_size;
    content = mmap(0, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (content == MAP_FAILED) die("mmap");
    listener = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)want.port)};
    if (inet_pton(AF_INET, want.server, &listener.sin_addr) != 1) die(want.server);
    poller = epoll_create1(0);
    struct client *all = calloc((size_t)want.clients, sizeof *all);
    double start = now(), at = start, end = start + want.seconds, swept = start;
    for (int index = 0; index < want.clients; index++) all[index].fd = -1, all[index].index = index, begin(&all[index], now());
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
            if (!want.once && at < end) begin(one, at);
            else active--;
        }
        if (at - swept < 0.02) continue;
        swept = at;
        for (int index = 0; index < want.clients; index++) {
            struct client *one = &all[index];
            if (!one->active || at < one->due) continue;
            if (one->connected) resent_acks++, acknowledge(one, at);
            else resent_requests++, one->due = at + 1, request(one);
        }
    }
    double wall = at - start, longest = 0;
    int starved = 0;
    for (int index = 0; index < want.clients; index++) {
        struct client *one = &all[index];
        if (one->active && at - one->heard > one->longest) one->longest = at - one->heard;
        if (one->longest > longest) longest = one->longest;
        if (!one->served) starved++;
    }
    qsort(times, timed, sizeof *times, ascending);
    printf("wall %.4f bytes %llu blocks %llu done %llu unfinished %d unserved %d resent_requests %llu resent_acks %llu bad %llu refused %llu "
           "p50 %.3f p99 %.3f max %.3f longest_gap %.1f\n",
           wall, (unsigned long long)bytes, (unsigned long long)blocks, (unsigned long long)done, want.once ? active : 0, starved,
           (unsigned long long)resent_requests, (unsigned long long)resent_acks, (unsigned long long)bad, (unsigned long long)refused,
           quantile(0.5), quantile(0.99), quantile(1), longest * 1000);
    return bad != 0;
}
