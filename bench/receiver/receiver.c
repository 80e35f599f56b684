/* The receiver of the benchmarks: a stand-in for the Graph API's send endpoint that costs next to nothing.
 *
 *   cc -O2 -o receiver receiver.c && ./receiver PORT LOW HIGH        (milliseconds that an answer takes)
 *
 * Any POST but those below is one message: counted when it comes, answered after LOW..HIGH ms. It speaks the part of
 * the sandbox's control interface that the benchmarks use, with the same names:
 *   GET  /_sandbox/stats      accepted, unique, duplicates, first_at, last_at, per_second_mean, worst_second, worst_100ms
 *   GET  /_sandbox/accepted   {"data": {echo: how often}}
 *   POST /_sandbox/numbers | templates    taken and ignored;  POST /_sandbox/reset  forgets all messages
 * A message is known by its "biz_opaque_callback_data", of which the first 47 bytes count. One thread; loopback only.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 65536, BUFFER = 16384, ECHO_BYTES = 48, TO_BYTES = 24 };
#define SECOND 1000000000ULL

typedef struct {
  char *in;
  size_t length;
  uint32_t generation; /* a new one for each new connection of this descriptor */
  int open, busy;
  char *out; /* what the kernel did not take at once */
  size_t out_length, out_sent;
} Connection;

typedef struct {
  uint64_t due;
  int fd;
  uint32_t generation;
  uint64_t id;
  char to[TO_BYTES];
} Answer;

typedef struct {
  char echo[ECHO_BYTES];
  uint32_t count;
} Message;

static Connection connections[MOST_CONNECTIONS];
static Answer *heap;
static size_t waiting, heap_room;
static uint64_t *arrivals;
static size_t accepted, arrivals_room;
static Message *messages; /* in order of arrival; `slots` finds one by its echo */
static size_t unique, messages_room;
static uint32_t *slots;
static size_t slots_room;
static int poll_fd;
static uint64_t low_ns, high_ns, seed = 88172645463325252ULL;
static volatile sig_atomic_t stopped;

static void *room_for(void *block, size_t count, size_t *room, size_t size) {
  if (count < *room) return block;
  *room = *room ? *room * 2 : 1 << 16;
  block = realloc(block, *room * size);
  if (!block) abort();
  return block;
}

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t); /* comparable with the benchmark's own clock */
  return t.tv_sec * SECOND + t.tv_nsec;
}

static uint64_t any(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  return seed ^= seed << 17;
}

static void push(Answer answer) {
  heap = room_for(heap, waiting, &heap_room, sizeof *heap);
  size_t place = waiting++;
  while (place) {
    size_t above = (place - 1) / 2;
    if (heap[above].due <= answer.due) break;
    heap[place] = heap[above];
    place = above;
  }
  heap[place] = answer;
}

static Answer pop(void) {
  Answer first = heap[0], last = heap[--waiting];
  size_t place = 0;
  for (;;) {
    size_t below = 2 * place + 1;
    if (below >= waiting) break;
    if (below + 1 < waiting && heap[below + 1].due < heap[below].due) below++;
    if (last.due <= heap[below].due) break;
    heap[place] = heap[below];
    place = below;
  }
  if (waiting) heap[place] = last;
  return first;
}

static uint64_t hash_of(const char *text) {
  uint64_t hash = 1469598103934665603ULL;
  for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 1099511628211ULL;
  return hash;
}

static void grow_slots(void) {
  free(slots);
  slots_room = slots_room ? slots_room * 2 : 1 << 17;
  slots = calloc(slots_room, sizeof *slots);
  for (size_t n = 0; n < unique; n++) {
    size_t slot = hash_of(messages[n].echo) & (slots_room - 1);
    while (slots[slot]) slot = (slot + 1) & (slots_room - 1);
    slots[slot] = n + 1;
  }
}

static void count_message(const char *echo) {
  arrivals = room_for(arrivals, accepted, &arrivals_room, sizeof *arrivals);
  arrivals[accepted++] = now();
  if (unique * 2 >= slots_room) grow_slots();
  size_t slot = hash_of(echo) & (slots_room - 1);
  for (; slots[slot]; slot = (slot + 1) & (slots_room - 1))
    if (!strcmp(messages[slots[slot] - 1].echo, echo)) {
      messages[slots[slot] - 1].count++;
      return;
    }
  messages = room_for(messages, unique, &messages_room, sizeof *messages);
  strcpy(messages[unique].echo, echo);
  messages[unique].count = 1;
  slots[slot] = ++unique;
}

static void drop(int fd) {
  Connection *c = &connections[fd];
  if (!c->open) return;
  c->open = c->busy = 0;
  c->generation++;
  c->length = 0;
  free(c->out);
  c->out = NULL;
  c->out_length = c->out_sent = 0;
  close(fd);
}

static void watch(int fd, uint32_t events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  epoll_ctl(poll_fd, EPOLL_CTL_MOD, fd, &event);
}

static void flush(int fd) {
  Connection *c = &connections[fd];
  while (c->out_sent < c->out_length) {
    ssize_t sent = write(fd, c->out + c->out_sent, c->out_length - c->out_sent);
    if (sent < 0 && errno == EAGAIN) {
      watch(fd, EPOLLIN | EPOLLOUT);
      return;
    }
    if (sent < 0) {
      drop(fd);
      return;
    }
    c->out_sent += sent;
  }
  free(c->out);
  c->out = NULL;
  c->out_length = c->out_sent = 0;
  watch(fd, EPOLLIN);
}

static void reply(int fd, const char *body, size_t length) {
  Connection *c = &connections[fd];
  char *text = malloc(length + 160);
  int head = sprintf(text, "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: %zu\r\n\r\n", length);
  memcpy(text + head, body, length);
  ssize_t sent = c->out ? 0 : write(fd, text, head + length);
  if (sent < 0 && errno != EAGAIN) {
    free(text);
    drop(fd);
    return;
  }
  if (sent < 0) sent = 0;
  if ((size_t)sent < head + length) {
    size_t rest = head + length - sent;
    c->out = realloc(c->out, c->out_length + rest);
    memcpy(c->out + c->out_length, text + sent, rest);
    c->out_length += rest;
    flush(fd);
  }
  free(text);
}

static size_t most_within(uint64_t span) {
  size_t most = 0, first = 0;
  for (size_t n = 0; n < accepted; n++) {
    while (arrivals[n] - arrivals[first] >= span) first++;
    if (n - first + 1 > most) most = n - first + 1;
  }
  return most;
}

static void tell_stats(int fd) {
  char body[640];
  double first = accepted ? arrivals[0] / 1e9 : 0, last = accepted ? arrivals[accepted - 1] / 1e9 : 0;
  double mean = last > first ? (accepted - 1) / (last - first) : 0;
  int length = sprintf(body,
      "{\"accepted\":%zu,\"unique\":%zu,\"duplicates\":%zu,\"refused\":{},\"first_at\":%.6f,\"last_at\":%.6f,"
      "\"per_second_mean\":%.2f,\"worst_second\":%zu,\"worst_100ms\":%zu}",
      accepted, unique, accepted - unique, first, last, mean, most_within(SECOND), most_within(SECOND / 10));
  reply(fd, body, length);
}

static void tell_accepted(int fd) {
  char *body = malloc(unique * (ECHO_BYTES + 16) + 32);
  size_t length = sprintf(body, "{\"data\":{");
  for (size_t n = 0; n < unique; n++)
    length += sprintf(body + length, "%s\"%s\":%u", n ? "," : "", messages[n].echo, messages[n].count);
  length += sprintf(body + length, "}}");
  reply(fd, body, length);
  free(body);
}

static void forget(void) {
  accepted = unique = 0;
  memset(slots, 0, slots_room * sizeof *slots);
}

static int value_of(const char *body, const char *name, char *into, size_t room) {
  const char *found = strstr(body, name);
  if (!found) return 0;
  found += strlen(name);
  while (*found == ' ' || *found == ':') found++;
  if (*found++ != '"') return 0;
  size_t n = 0;
  for (; n + 1 < room && found[n] && found[n] != '"' && found[n] != '\\'; n++) into[n] = found[n];
  into[n] = 0;
  return 1;
}

static void answer(const Answer *a) {
  char body[256];
  int length = sprintf(body,
      "{\"messaging_product\":\"whatsapp\",\"contacts\":[{\"input\":\"%s\",\"wa_id\":\"%s\"}],"
      "\"messages\":[{\"id\":\"wamid.HBgM%016lx%08x\",\"message_status\":\"accepted\"}]}",
      a->to, a->to[0] == '+' ? a->to + 1 : a->to, (unsigned long)a->id, (unsigned)any());
  reply(a->fd, body, length);
}

static void take_message(int fd, const char *body) {
  Connection *c = &connections[fd];
  char echo[ECHO_BYTES];
  Answer a = {.fd = fd, .generation = c->generation};
  value_of(body, "\"to\"", a.to, TO_BYTES);
  if (!value_of(body, "\"biz_opaque_callback_data\"", echo, ECHO_BYTES)) sprintf(echo, "?%016lx", (unsigned long)any());
  a.id = hash_of(echo);
  count_message(echo);
  if (!high_ns) {
    answer(&a);
    return;
  }
  c->busy = 1;
  a.due = now() + low_ns + (high_ns > low_ns ? any() % (high_ns - low_ns) : 0);
  push(a);
}

static void control(int fd, const char *path, int is_post) {
  if (!strncmp(path, "stats", 5)) tell_stats(fd);
  else if (!strncmp(path, "accepted", 8)) tell_accepted(fd);
  else {
    if (is_post && !strncmp(path, "reset", 5)) forget();
    reply(fd, "{\"success\":true}", 16);
  }
}

/* One whole request after the other, as long as none waits for its answer. */
static void read_requests(int fd) {
  Connection *c = &connections[fd];
  while (c->open && !c->busy && c->length) {
    c->in[c->length] = 0;
    char *end = strstr(c->in, "\r\n\r\n");
    if (!end) return;
    *end = 0; /* the head alone is searched */
    char *field = strcasestr(c->in, "\r\ncontent-length:");
    size_t body = field ? strtoul(field + 17, NULL, 10) : 0, head = end - c->in + 4;
    *end = '\r';
    if (c->length < head + body) return;
    char kept = c->in[head + body];
    c->in[head + body] = 0;
    int is_post = !strncmp(c->in, "POST ", 5);
    char *path = c->in + (is_post ? 5 : 4);
    if (!strncmp(path, "/_sandbox/", 10)) control(fd, path + 10, is_post);
    else take_message(fd, c->in + head);
    if (!c->open) return;
    c->in[head + body] = kept;
    c->length -= head + body;
    memmove(c->in, c->in + head + body, c->length);
  }
}

static void hear(int fd) {
  Connection *c = &connections[fd];
  if (c->length >= BUFFER) {
    drop(fd);
    return;
  }
  ssize_t got = read(fd, c->in + c->length, BUFFER - c->length);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) {
    drop(fd);
    return;
  }
  c->length += got;
  read_requests(fd);
}

static void welcome(int door) {
  for (int fd, one = 1; (fd = accept4(door, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
    if (fd >= MOST_CONNECTIONS) {
      close(fd);
      continue;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    Connection *c = &connections[fd];
    c->open = 1;
    c->busy = 0;
    c->length = 0;
    c->generation++;
    if (!c->in) c->in = malloc(BUFFER + 1);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
  }
}

static void answer_what_is_due(void) {
  for (uint64_t moment = now(); waiting && heap[0].due <= moment;) {
    Answer a = pop();
    Connection *c = &connections[a.fd];
    if (!c->open || c->generation != a.generation) continue; /* the caller is gone */
    c->busy = 0;
    answer(&a);
    read_requests(a.fd);
  }
}

static int milliseconds_to_next(void) {
  if (!waiting) return -1;
  uint64_t moment = now();
  return heap[0].due <= moment ? 0 : (int)((heap[0].due - moment + 999999) / 1000000);
}

static void on_signal(int number) {
  (void)number;
  stopped = 1;
}

static int open_door(int port) {
  int door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(door, (void *)&address, sizeof address) || listen(door, 4096)) {
    perror("receiver");
    exit(1);
  }
  return door;
}

int main(int count, char **words) {
  if (count != 4) {
    fprintf(stderr, "usage: receiver PORT LOW HIGH\n");
    return 2;
  }
  low_ns = strtoul(words[2], NULL, 10) * 1000000ULL;
  high_ns = strtoul(words[3], NULL, 10) * 1000000ULL;
  signal(SIGPIPE, SIG_IGN);
  signal(SIGTERM, on_signal);
  signal(SIGINT, on_signal);
  grow_slots();
  int door = open_door(atoi(words[1]));
  poll_fd = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = door}, found[512];
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, door, &event);
  while (!stopped) {
    int many = epoll_wait(poll_fd, found, 512, milliseconds_to_next());
    for (int n = 0; n < many; n++) {
      int fd = found[n].data.fd;
      if (fd == door) {
        welcome(door);
        continue;
      }
      if (connections[fd].open && found[n].events & EPOLLOUT) flush(fd);
      if (connections[fd].open && found[n].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) hear(fd);
    }
    answer_what_is_due();
  }
  return 0;
}
