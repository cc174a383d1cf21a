package graph_test

import (
	"context"
	"fmt"

	"adferry/graph"
	"adferry/graph/sandbox"
)

// One copy alone, and then two reads in one request. The transport leads to a
// sandbox here; left out, it leads to the API.
func Example() {
	server := sandbox.New(sandbox.Options{})
	server.AddAccount("222", sandbox.AccountOptions{Name: "Target"})
	server.AddImage("111", sandbox.Image{Hash: "d8fc613662fb5ef6cf5fb9d1fe779315", Name: "shoe.jpg"})

	token, err := graph.NewSecret("EAAB-the-access-token")
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := graph.New(graph.Config{Token: token, Endpoint: "https://graph.test", Transport: sandbox.Transport(server)})
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	hash := "d8fc613662fb5ef6cf5fb9d1fe779315"
	copied := client.Do(ctx, []graph.Call{graph.Copy("222", "111", hash)})[0]
	fmt.Println("copied as", copied.Stored[0].Hash, copied.Err)

	for _, reply := range client.Do(ctx, []graph.Call{
		graph.ReadHashes("222", []string{hash}, graph.FieldHash, "name"),
		graph.Read("333", graph.Query{}),
	}) {
		if reply.Err != nil {
			fmt.Println(reply.Err.Class, reply.Err.Code)
			continue
		}
		for _, image := range reply.Images {
			fmt.Println(image.Name, image.Hash)
		}
	}
	fmt.Println(token)
	// Output:
	// copied as d8fc613662fb5ef6cf5fb9d1fe779315 <nil>
	// shoe.jpg d8fc613662fb5ef6cf5fb9d1fe779315
	// refused_account 100
	// [redacted]
}
