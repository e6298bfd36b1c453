// ns3.cpp - the M/M/1 of mm1.h on ns-3's core: two kinds of scheduled events and a queue.
// SPDX-License-Identifier: MIT OR Unlicense
#include "mm1.h"
#include <deque>
#include <ns3/core-module.h>
#include <random>

using namespace ns3;

namespace {

struct Queue {
    std::mt19937_64 gaps{1}, services{2};
    std::exponential_distribution<double> gap{MM1_RATE}, service{1 / MM1_SERVICE};
    std::deque<int64_t> waiting;
    int arrived = 0;
    double sum = 0;

    void Arrive()
    {
        waiting.push_back(Simulator::Now().GetNanoSeconds());
        if (waiting.size() == 1) Serve();
        if (++arrived < MM1_CUSTOMERS) Simulator::Schedule(Delay(gap(gaps)), &Queue::Arrive, this);
    }
    void Serve() { Simulator::Schedule(Delay(service(services)), &Queue::Leave, this); }
    void Leave()
    {
        sum += 1e-9 * static_cast<double>(Simulator::Now().GetNanoSeconds() - waiting.front());
        waiting.pop_front();
        if (!waiting.empty()) Serve();
    }
    static Time Delay(double seconds) { return NanoSeconds(static_cast<uint64_t>(seconds * 1e9)); }
};

} // namespace

int main()
{
    Queue queue;
    clock_t begin = clock();
    Simulator::Schedule(Queue::Delay(queue.gap(queue.gaps)), &Queue::Arrive, &queue);
    Simulator::Run();
    mm1_report(MM1_CUSTOMERS, mm1_seconds_since(begin), queue.sum / MM1_CUSTOMERS);
    Simulator::Destroy();
    return 0;
}
