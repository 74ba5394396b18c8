"""Index and component templates of Elasticsearch, versioned; read by `search.elasticsearch.mappings`."""
