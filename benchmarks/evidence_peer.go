// The peer of benchmarks/evidence.py: golang.org/x/mod sumdb/tlog in memory. Prints entries and proofs a second.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	count, _ := strconv.ParseInt(os.Args[1], 10, 64)
	stored := []tlog.Hash{}
	reader := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(at))
		for i, one := range at {
			found[i] = stored[one]
		}
		return found, nil
	})
	entry := make([]byte, 700)
	began := time.Now()
	for i := int64(0); i < count; i++ {
		fresh, err := tlog.StoredHashes(i, entry, reader)
		if err != nil {
			panic(err)
		}
		stored = append(stored, fresh...)
	}
	appended := float64(count) / time.Since(began).Seconds()
	began = time.Now()
	proofs := int64(20000)
	for i := int64(0); i < proofs; i++ {
		if _, err := tlog.ProveRecord(count, i*7919%count, reader); err != nil {
			panic(err)
		}
	}
	fmt.Println(int64(appended), int64(float64(proofs)/time.Since(began).Seconds()))
}
