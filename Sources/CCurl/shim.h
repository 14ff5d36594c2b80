// libcurl for Swift. `curl_easy_setopt` and its kin are variadic in C, which Swift cannot call: each setter here takes
// one type and passes it on. Callers choose the setter that the option's documentation names.
#ifndef WEIR_CCURL_SHIM_H
#define WEIR_CCURL_SHIM_H

#include <curl/curl.h>

// libcurl's sockets are watched with epoll, which Swift's Glibc module leaves out.
#include <sys/epoll.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>

// Declared by <poll.h> for _GNU_SOURCE only: poll(2) with nanoseconds.
extern int ppoll(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);

// Waits until the descriptor is readable, for at most so long (less than a second).
static inline void weir_wait_readable(int descriptor, long nanoseconds) {
  struct pollfd readable = {descriptor, POLLIN, 0};
  struct timespec limit = {0, nanoseconds};
  ppoll(&readable, 1, &limit, NULL);
}

// Names the calling thread, for debuggers and top; at most 15 bytes.
static inline void weir_name_thread(const char *name) {
  prctl(PR_SET_NAME, name, 0, 0, 0);
}

static inline CURLcode weir_curl_easy_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode weir_curl_easy_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode weir_curl_easy_set_string(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode weir_curl_easy_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode weir_curl_easy_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode weir_curl_easy_set_write_function(CURL *easy, curl_write_callback function) {
  return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, function);
}

// The same type as the write function: libcurl calls it once for each header line.
static inline CURLcode weir_curl_easy_set_header_function(CURL *easy, curl_write_callback function) {
  return curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, function);
}

static inline CURLcode weir_curl_easy_set_close_function(CURL *easy, curl_closesocket_callback function) {
  return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, function);
}

// HTTP and HTTPS only, also where a proxy or a redirect would say otherwise. The bit mask gave way to text in 7.85.
static inline CURLcode weir_curl_easy_allow_http_only(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075500
  return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  return curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

// A transfer that is given up while its name is looked up leaves the look-up's thread to itself: to wait for it, as
// libcurl does without this, would hold up all other transfers. Since 7.87.
static inline CURLcode weir_curl_easy_leave_lookups(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075700
  return curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#else
  (void)easy;
  return CURLE_OK;
#endif
}

static inline CURLcode weir_curl_easy_get_long(CURL *easy, CURLINFO info, long *value) {
  return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode weir_curl_easy_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
  return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode weir_curl_easy_get_pointer(CURL *easy, CURLINFO info, void **value) {
  return curl_easy_getinfo(easy, info, value);
}

static inline CURLMcode weir_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode weir_curl_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
  return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode weir_curl_multi_set_socket_function(CURLM *multi, curl_socket_callback function) {
  return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, function);
}

static inline CURLMcode weir_curl_multi_set_timer_function(CURLM *multi, curl_multi_timer_callback function) {
  return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, function);
}

#endif
