/* Closed-loop load on the receiver, to know its ceiling: every connection sends again as soon as it is answered.
 *
 *   cc -O2 -o load load.c && ./load PORT CONNECTIONS REQUESTS       prints requests a second
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void post(int fd, long number) {
  char body[512], text[1024];
  int length = sprintf(body,
      "{\"messaging_product\": \"whatsapp\", \"recipient_type\": \"individual\", \"to\": \"+5511%09ld\", "
      "\"biz_opaque_callback_data\": \"load:%ld\", \"type\": \"template\", \"template\": {\"name\": \"bench\", "
      "\"language\": {\"code\": \"pt_BR\"}, \"components\": [{\"type\": \"body\", \"parameters\": "
      "[{\"type\": \"text\", \"text\": \"Pessoa\"}]}]}}", number, number);
  int whole = sprintf(text,
      "POST /v23.0/100200300400500/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer bench-token\r\n"
      "content-type: application/json\r\ncontent-length: %d\r\n\r\n%s", length, body);
  if (write(fd, text, whole) != whole) {
    perror("load");
    exit(1);
  }
}

int main(int count, char **words) {
  if (count != 4) return 2;
  int port = atoi(words[1]), many = atoi(words[2]), one = 1, poll_fd = epoll_create1(0);
  long wanted = atol(words[3]), sent = 0, answered = 0;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  double began = now();
  for (int n = 0; n < many && sent < wanted; n++) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (void *)&address, sizeof address)) {
      perror("load");
      return 1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
    post(fd, sent++);
  }
  struct epoll_event found[256];
  char answer[4096];
  while (answered < wanted) {
    int ready = epoll_wait(poll_fd, found, 256, 10000);
    if (ready <= 0) return 1;
    for (int n = 0; n < ready; n++) {
      if (read(found[n].data.fd, answer, sizeof answer) <= 0) return 1; /* an answer fits into one read */
      answered++;
      if (sent < wanted) post(found[n].data.fd, sent++);
    }
  }
  printf("%.0f\n", wanted / (now() - began));
  return 0;
}
