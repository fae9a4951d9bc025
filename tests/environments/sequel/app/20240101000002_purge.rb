Sequel.migration do
  up do
    run "DELETE FROM people WHERE id > 80"
  end
end
