// Work shared by a few threads of our own: TensorFlow's C interface for kernels does not lend its pool.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>

#include "thread-count.h"

namespace haba {

// A pool that lives as long as the process. Which items make a chunk depends on the number of threads: what is summed over
// items is therefore kept item by item, and added up in their order afterwards, so that numbers are the same for any number.
class Pool {
 public:
  static Pool& get() {
    static Pool* pool = new Pool();  // Never destroyed: its threads may outlive main().
    return *pool;
  }

  // Calls work(first, last) for each chunk of [0, items).
  void run(int items, const std::function<void(int, int)>& work) {
    const int count = chunks(items);
    auto one = [&](int chunk) {
      const auto bound = [&](int index) { return static_cast<int>(static_cast<long long>(items) * index / count); };
      work(bound(chunk), bound(chunk + 1));
    };
    std::unique_lock<std::mutex> only(busy_, std::try_to_lock);
    if (count == 1 || !only.owns_lock()) {
      for (int chunk = 0; chunk < count; chunk++) one(chunk);
      return;
    }
    {
      std::lock_guard<std::mutex> lock(mutex_);
      job_ = one;
      next_ = 1;
      count_ = count;
      pending_ = count - 1;
    }
    wake_.notify_all();
    one(0);
    while (takeOne()) {
    }
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [&] { return pending_ == 0; });
    job_ = nullptr;
  }

 private:
  Pool() {
    const int wanted = threadCount();
    try {
      for (; threads_ < wanted; threads_++) std::thread([this] { serve(); }).detach();
    } catch (const std::system_error&) {
      // The system gives no more: those that are there do the work.
    }
  }

  void serve() {
    for (;;) {
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return next_ < count_; });
      }
      while (takeOne()) {
      }
    }
  }

  // More chunks than threads, so that a thread that is late does not hold up the others.
  int chunks(int items) const { return std::max(1, std::min(items, threads_ == 1 ? 1 : 4 * threads_)); }

  // Does one chunk that nobody has taken yet.
  bool takeOne() {
    int chunk;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (next_ >= count_) return false;
      chunk = next_++;
    }
    job_(chunk);
    std::lock_guard<std::mutex> lock(mutex_);
    if (--pending_ == 0) done_.notify_one();
    return true;
  }

  int threads_ = 1;  // With the one that calls.
  std::mutex busy_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::function<void(int)> job_;
  int next_ = 0;
  int count_ = 0;
  int pending_ = 0;
};

}  // namespace haba
