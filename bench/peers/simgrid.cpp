// simgrid.cpp - the M/M/1 of mm1.h in SimGrid S4U: an actor that arrives, an actor that serves, a semaphore between them.
// SPDX-License-Identifier: MIT OR Unlicense
#include "mm1.h"
#include <deque>
#include <random>
#include <simgrid/s4u.hpp>

namespace sg4 = simgrid::s4u;

int main(int argc, char **argv)
{
    sg4::Engine engine(&argc, argv);
    auto *zone = sg4::create_full_zone("zone");
    auto *host = zone->create_host("host", 1e9);
    zone->seal();
    auto customers = sg4::Semaphore::create(0);
    std::deque<double> queue;
    double sum = 0;
    auto arrivals = sg4::Actor::create("arrivals", host, [&] {
        std::mt19937_64 random(1);
        std::exponential_distribution<double> gap(MM1_RATE);
        for (int i = 0; i < MM1_CUSTOMERS; i++) {
            sg4::this_actor::sleep_for(gap(random));
            queue.push_back(sg4::Engine::get_clock());
            customers->release();
        }
    });
    auto server = sg4::Actor::create("server", host, [&] {
        std::mt19937_64 random(2);
        std::exponential_distribution<double> service(1 / MM1_SERVICE);
        for (int i = 0; i < MM1_CUSTOMERS; i++) {
            customers->acquire();
            sg4::this_actor::sleep_for(service(random));
            sum += sg4::Engine::get_clock() - queue.front();
            queue.pop_front();
        }
    });
    clock_t begin = clock();
    engine.run();
    mm1_report(MM1_CUSTOMERS, mm1_seconds_since(begin), sum / MM1_CUSTOMERS);
    return 0;
}
