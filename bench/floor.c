/* What the kernel allows: TFTP with nothing but the sockets. No checks, no limits, no timers, no record; files stay mapped.
 * One epoll loop, a connected socket for each transfer, a window in one call by segmentation offload. Not to be used for anything else.
 *
 * floor ADDRESS FOLDER: serves FOLDER at port 69. Knows blksize, windowsize and tsize.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FILES = 16, DESCRIPTORS = 65536, SEGMENTS = 64, LARGEST = 65507 };

struct file { char name[64]; const char *bytes; size_t size; };
struct transfer { const struct file *file; size_t blksize, window, acked, sent, blocks; };

static struct file files[FILES];
static struct transfer *transfers[DESCRIPTORS];
static int count, epoll;

static const struct file *named(int folder, const char *name) {
    for (int i = 0; i < count; i++)
        if (!strcmp(files[i].name, name)) return &files[i];
    int fd = openat(folder, name, O_RDONLY);
    struct stat found;
    if (fd < 0 || count == FILES || fstat(fd, &found)) return NULL;
    struct file *one = &files[count++];
    snprintf(one->name, sizeof one->name, "%s", name);
    one->size = found.st_size;
    one->bytes = mmap(NULL, one->size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    close(fd);
    return one;
}

static void end(int fd) {
    free(transfers[fd]);
    transfers[fd] = NULL;
    close(fd);
}

static void send_window(int fd, struct transfer *t) {
    static char buffer[SEGMENTS * 65468];
    while (t->sent < t->acked + t->window && t->sent < t->blocks) {
        size_t whole = t->blksize + 4, most = LARGEST / whole, length = 0;
        if (most > SEGMENTS) most = SEGMENTS;
        if (most < 1) most = 1;
        for (size_t i = 0; i < most && t->sent < t->acked + t->window && t->sent < t->blocks; i++) {
            size_t at = t->sent * t->blksize, part = t->file->size - at < t->blksize ? t->file->size - at : t->blksize;
            unsigned number = ++t->sent & 0xffff;
            char head[4] = {0, 3, number >> 8, number & 0xff};
            memcpy(buffer + length, head, 4);
            memcpy(buffer + length + 4, t->file->bytes + at, part);
            length += part + 4;
        }
        struct iovec piece = {buffer, length};
        char control[CMSG_SPACE(sizeof(uint16_t))] = {0};
        struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
        if (length > whole) {
            message.msg_control = control;
            message.msg_controllen = sizeof control;
            struct cmsghdr *words = CMSG_FIRSTHDR(&message);
            words->cmsg_level = IPPROTO_UDP;
            words->cmsg_type = UDP_SEGMENT;
            words->cmsg_len = CMSG_LEN(sizeof(uint16_t));
            *(uint16_t *)CMSG_DATA(words) = whole;
        }
        sendmsg(fd, &message, 0);
    }
}

static void requested(int listening, int folder, struct sockaddr_in *own) {
    char packet[1500];
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    ssize_t got;
    while ((got = recvfrom(listening, packet, sizeof packet - 1, MSG_DONTWAIT, (void *)&peer, &length)) > 4) {
        packet[got] = 0;
        if (packet[1] != 1) continue;
        const struct file *file = named(folder, packet + 2);
        if (!file) continue;
        struct transfer *t = calloc(1, sizeof *t);
        t->file = file, t->blksize = 512, t->window = 1;
        char answer[256] = {0, 6};
        size_t used = 2;
        const char *word = packet + 2, *last = packet + got;
        word += strlen(word) + 1;
        word += strlen(word) + 1;
        while (word < last) {
            const char *value = word + strlen(word) + 1;
            if (value >= last) break;
            if (!strcasecmp(word, "blksize")) t->blksize = atoi(value);
            else if (!strcasecmp(word, "windowsize")) t->window = atoi(value);
            else if (strcasecmp(word, "tsize")) { word = value + strlen(value) + 1; continue; }
            used += snprintf(answer + used, sizeof answer - used, "%s", word) + 1;
            used += !strcasecmp(word, "tsize") ? snprintf(answer + used, sizeof answer - used, "%zu", file->size) + 1
                                               : snprintf(answer + used, sizeof answer - used, "%s", value) + 1;
            word = value + strlen(value) + 1;
        }
        t->blocks = file->size / t->blksize + 1;
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        struct sockaddr_in from = *own;
        from.sin_port = 0;
        if (fd < 0 || bind(fd, (void *)&from, sizeof from) || connect(fd, (void *)&peer, sizeof peer)) { perror("floor"); exit(1); }
        transfers[fd] = t;
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
        if (used > 2) send(fd, answer, used, 0);
        else send_window(fd, t);
        length = sizeof peer;
    }
}

static void answered(int fd) {
    struct transfer *t = transfers[fd];
    unsigned char packet[600];
    ssize_t got = recv(fd, packet, sizeof packet, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got < 4 || packet[1] != 4) return end(fd);
    size_t block = (t->acked & ~(size_t)0xffff) | packet[2] << 8 | packet[3];
    if (block < t->acked) block += 0x10000;
    if (block > t->sent) return;
    t->acked = t->sent = block;
    if (t->acked >= t->blocks) return end(fd);
    send_window(fd, t);
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(69)};
    inet_pton(AF_INET, argv[1], &own.sin_addr);
    int listening = socket(AF_INET, SOCK_DGRAM, 0), room = 4 << 20, folder = open(argv[2], O_RDONLY | O_DIRECTORY);
    setsockopt(listening, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (folder < 0 || bind(listening, (void *)&own, sizeof own)) { perror("floor"); return 1; }
    epoll = epoll_create1(0);
    epoll_ctl(epoll, EPOLL_CTL_ADD, listening, &(struct epoll_event){.events = EPOLLIN, .data.fd = listening});
    for (;;) {
        struct epoll_event ready[64];
        int n = epoll_wait(epoll, ready, 64, -1);
        for (int i = 0; i < n; i++)
            if (ready[i].data.fd == listening) requested(listening, folder, &own);
            else if (transfers[ready[i].data.fd]) answered(ready[i].data.fd);
    }
}
