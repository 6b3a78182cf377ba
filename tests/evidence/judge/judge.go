// A foreign judge of proof files: golang.org/x/mod of Debian decides, this file only reads the formats around it.
//
//	judge PROOF RECORD POLICY                     accept a proof for a record under a policy
//	judge vectors inclusion|consistency < NDJSON  print "accept" or "refuse" for each public vector
package main

import (
	"bufio"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
}

func need(ok bool, why string) {
	if !ok {
		check(fmt.Errorf("%s", why))
	}
}

// cosigner is a witness key of kind 0x04, which x/mod itself does not know.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(text, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	return ed25519.Verify(c.key, append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", at)), text...), sig[8:])
}

func witness(vkey string) cosigner {
	part := strings.SplitN(vkey, "+", 3)
	need(len(part) == 3, "vkey")
	id, err := hex.DecodeString(part[1])
	check(err)
	key, err := base64.StdEncoding.DecodeString(part[2])
	check(err)
	need(len(id) == 4 && len(key) == 33 && key[0] == 4, "not a witness key")
	return cosigner{part[0], binary.BigEndian.Uint32(id), key[1:]}
}

// policy reads a policy; seen says whether a name counts as having seen the head that these keys signed.
func policy(path string) (known []note.Verifier, origin string, seen func(signed map[string]bool) bool) {
	data, err := os.ReadFile(path)
	check(err)
	keys, groups, quorum := map[string]string{}, map[string][]string{}, ""
	for _, line := range strings.Split(string(data), "\n") {
		switch w := strings.Fields(line); {
		case len(w) == 0 || strings.HasPrefix(w[0], "#"):
		case w[0] == "log":
			v, err := note.NewVerifier(w[1])
			check(err)
			known, origin = append(known, v), v.Name()
		case w[0] == "witness":
			v := witness(w[2])
			known, keys[w[1]] = append(known, v), v.name
		case w[0] == "group":
			groups[w[1]] = w[2:]
		case w[0] == "quorum":
			quorum = w[1]
		default:
			need(false, line)
		}
	}
	var holds func(name string, signed map[string]bool) bool
	holds = func(name string, signed map[string]bool) bool {
		if key, ok := keys[name]; ok {
			return signed[key]
		}
		group := groups[name]
		need(len(group) > 1, "no such group: "+name)
		least, _ := strconv.Atoi(group[0])
		if group[0] == "any" {
			least = 1
		} else if group[0] == "all" {
			least = len(group) - 1
		}
		need(least > 0, "group")
		for _, member := range group[1:] {
			if holds(member, signed) {
				least--
			}
		}
		return least <= 0
	}
	return known, origin, func(signed map[string]bool) bool { return quorum == "none" || holds(quorum, signed) }
}

func hashes(lines []string) (proof []tlog.Hash) {
	for _, line := range lines {
		h, err := tlog.ParseHash(line)
		check(err)
		proof = append(proof, h)
	}
	return proof
}

func main() {
	if os.Args[1] == "vectors" {
		vectors(os.Args[2])
		return
	}
	data, err := os.ReadFile(os.Args[1])
	check(err)
	record, err := os.ReadFile(os.Args[2])
	check(err)
	front, head, ok := strings.Cut(string(data), "\n\n")
	lines := strings.Split(front, "\n")
	need(ok && len(lines) > 1 && lines[0] == "c2sp.org/tlog-proof@v1", "not a proof file")
	if strings.HasPrefix(lines[1], "extra ") {
		lines = lines[1:]
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	check(err)
	known, origin, seen := policy(os.Args[3])
	opened, err := note.Open([]byte(head), note.VerifierList(known...))
	check(err)
	signed := map[string]bool{}
	for _, sig := range opened.Sigs {
		signed[sig.Name] = true
	}
	text := strings.Split(opened.Text, "\n")
	need(len(text) > 3 && text[0] == origin && signed[origin], "not signed by the log")
	size, err := strconv.ParseInt(text[1], 10, 64)
	check(err)
	need(index >= 0 && index < size, "index")
	check(tlog.CheckRecord(hashes(lines[2:]), size, hashes(text[2:3])[0], index, tlog.RecordHash(record)))
	need(seen(signed), "no quorum")
	fmt.Println("accepted", index, "of", size)
}

func vectors(kind string) {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var v struct {
			LeafIdx, TreeSize, Size1, Size2 uint64
			Root, LeafHash, Root1, Root2    []byte
			Proof                           [][]byte
		}
		check(json.Unmarshal(in.Bytes(), &v))
		proof, sound := []tlog.Hash{}, int64(v.LeafIdx) >= 0 && int64(v.TreeSize) >= 0
		for _, one := range append(v.Proof, v.Root, v.LeafHash) {
			sound = sound && (len(one) == 32 || (kind == "consistency" && one == nil))
		}
		for _, one := range v.Proof {
			proof = append(proof, fixed(one))
		}
		err := fmt.Errorf("a hash is not 32 bytes")
		if sound && kind == "inclusion" && v.LeafIdx < v.TreeSize {
			err = tlog.CheckRecord(proof, int64(v.TreeSize), fixed(v.Root), int64(v.LeafIdx), fixed(v.LeafHash))
		} else if sound && kind == "consistency" {
			err = tlog.CheckTree(proof, int64(v.Size2), fixed(v.Root2), int64(v.Size1), fixed(v.Root1))
		}
		fmt.Println(map[bool]string{true: "accept", false: "refuse"}[err == nil])
	}
}

func fixed(data []byte) (h tlog.Hash) {
	copy(h[:], data)
	return h
}
