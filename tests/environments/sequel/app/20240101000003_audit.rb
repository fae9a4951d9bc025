Sequel.migration do
  up do
    create_table(:audit) { String :note }
    run "INSERT INTO audit VALUES ('marked'), ('purged')"
  end
end
